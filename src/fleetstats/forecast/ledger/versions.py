"""Which code made a forecast or a score, as ledgers keep it, and which older code counts as today's."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Literal, get_args

from fleetstats import __version__
from fleetstats.core.csv_tables import read_rows
from fleetstats.core.errors import BadInput
from fleetstats.core.settings import packaged
from fleetstats.forecast import engine, evaluation

EQUIVALENTS_FILE = "forecast_code.csv"
EQUIVALENTS_COLUMNS = ["made", "code", "counts_as", "reason"]
_LIBRARIES = ("numpy", "scipy", "statsmodels")


@cache
def code_version() -> str:
    """The code that makes forecasts: the version of fleetstats, and a hash over the engine and its libraries."""
    return _version_of(Path(engine.__file__).parent)


@cache
def scoring_version() -> str:
    """The code that makes scores of past vintages: as `code_version`, with how forecasts are judged."""
    return _version_of(Path(engine.__file__).parent, Path(evaluation.__file__).parent)


def _version_of(*folders: Path) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    for library in _LIBRARIES:
        digest.update(f"{library}=={version(library)}\0".encode())
    return f"{__version__}+{digest.hexdigest()[:12]}"


What = Literal["forecast", "score"]
"""What a code version made: forecasts of the figures of today, or scores of past vintages."""


def same_code(code: str, made: What) -> str:
    """The hash by which two code versions of a ledger are compared.

    The version of fleetstats is left out of it, and older code that the reviewed table calls equivalent is its
    successor: `code` and `counts_as` of forecast_code.csv are such hashes, each line with its reason.
    """
    found = code.rpartition("+")[2]
    known = _equivalents()
    while (made, found) in known:
        found = known[made, found]
    return found


@cache
def _equivalents() -> dict[tuple[str, str], str]:
    path = packaged("data") / EQUIVALENTS_FILE
    known: dict[tuple[str, str], str] = {}
    for number, row in read_rows(path, EQUIVALENTS_COLUMNS):
        made, code, last = row["made"], row["code"], row["counts_as"]
        if made not in get_args(What):
            raise BadInput(
                "code of an unknown kind", file=path, record=number, column="made", found=made,
                expected=" or ".join(get_args(What)),
            )  # fmt: skip
        known[made, code] = last
        while (made, last) in known and last != code:
            last = known[made, last]
        if last == code:
            raise BadInput(
                "code versions that count as each other in a circle", file=path, record=number, column="counts_as",
                found=f"{code} as {row['counts_as']}", expected="an older hash, and the newer one it counts as",
            )  # fmt: skip
    return known
