"""Small operators, and filings made on the spot; nothing here reads a publisher's file."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from fleetstats.core.settings import packaged
from fleetstats.filings.corrections import Correction
from fleetstats.filings.filing import Filing, Held, Original
from fleetstats.filings.operators import OperatorTable, load_operators
from fleetstats.sources.columns import COLUMNS_FILE
from fleetstats.sources.staged import Context

# The same examples on every machine and in every run
settings.register_profile("unit", max_examples=50, deadline=None, derandomize=True)
settings.load_profile("unit")

OPERATORS_CSV = """\
operator,kind,name_en,name_zh,country,note
waymo,fleet,Waymo,,US,
cruise,fleet,Cruise,,US,
zoox,fleet,Zoox,,US,
baidu,fleet,Baidu,百度,CN,
"""
OPERATOR_NAMES_CSV = """\
kind,value,operator,note
permit,AVT003,waymo,
permit,AVDT001,waymo,
permit,AVT008,cruise,
permit,AVT012,zoox,
permit,DEPLOY01,waymo,a permit of no testing programme
name,Waymo LLC,waymo,
name,CRUISE LLC,cruise,
name,"Zoox, Inc",zoox,
name,Apollo Go,baidu,
"""


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return packaged("data").parent


@pytest.fixture(scope="session")
def operators(tmp_path_factory: pytest.TempPathFactory) -> OperatorTable:
    """Four operators with five permits; Waymo has one with a driver, one without."""
    folder = tmp_path_factory.mktemp("operators")
    (folder / "operators.csv").write_text(OPERATORS_CSV, encoding="utf-8")
    (folder / "operator_names.csv").write_text(OPERATOR_NAMES_CSV, encoding="utf-8")
    return load_operators([folder])


@pytest.fixture(scope="session")
def as_csv() -> Callable[..., bytes]:
    """Rows of texts as the bytes of a CSV file."""

    def make(rows: Iterable[Sequence[str]], *, end: str = "\r\n", encoding: str = "utf-8") -> bytes:
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator=end).writerows(rows)
        return out.getvalue().encode(encoding)

    return make


@pytest.fixture(scope="session")
def make_context(
    operators: OperatorTable, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Context]:
    """A factory of contexts: a filing of these bytes, in a folder of its own, ready to be read.

    `original` makes it the digest of a publisher's file of that sha256; `reviewed` are the source's reviewed
    tables by name, in place of or beside the shipped `columns.csv`.
    """
    root = tmp_path_factory.mktemp("filings")
    numbers = count()

    def make(
        source: str,
        edition: str,
        content: bytes,
        *,
        corrections: Iterable[Correction] = (),
        row_corrections: Iterable[Correction] = (),
        original: str | None = None,
        corrections_sha256: str | None = None,
        reviewed: dict[str, str] | None = None,
        transcribed: bool = False,
    ) -> Context:
        base = root / str(next(numbers)) / source
        folder = base / edition
        folder.mkdir(parents=True)
        shipped = packaged("data") / "raw" / source / COLUMNS_FILE
        columns = {COLUMNS_FILE: shipped.read_text(encoding="utf-8")} if shipped.exists() else {}
        for name, text in (columns | (reviewed or {})).items():
            (base / name).write_text(text, encoding="utf-8")
        path = folder / "file.csv"
        path.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        filing = Filing(
            source=source,
            edition=edition,
            file=path.name,
            publisher="A publisher",
            title="A title",
            url=None,
            licence="none",
            period_start=date(2022, 12, 1),
            period_end=date(2023, 11, 30),
            issued_on=date(2024, 2, 2),
            retrieved_on=date(2024, 3, 1),
            status="digest" if original else "transcribed" if transcribed else "original",
            sha256=sha256,
            size=max(1, len(content)),
            original=Original(file="o.csv", sha256=original, sha256_lf=original, size=1)
            if original
            else None,
            corrections_sha256=corrections_sha256,
        )
        held = Held(
            filing=filing,
            folder=folder,
            path=path,
            sha256=sha256,
            read_as="digest" if original else "transcribed" if transcribed else "original",
            hashes=(original or sha256,),
        )
        return Context(
            held=held,
            operators=operators,
            corrections=tuple(corrections),
            folders=(base,),
            row_corrections=tuple(row_corrections),
        )

    return make


@pytest.fixture(scope="session")
def correction() -> Callable[..., Correction]:
    """A correction with everything filled in that a test does not care about."""

    def make(
        records: list[int | str],
        action: str,
        expect: str,
        *,
        column: str | None = None,
        value: str | None = None,
        original: str | None = "0" * 64,
        **others: object,
    ) -> Correction:
        return Correction.model_validate(
            {
                "original": None if "digest" in others else original,
                "file": "file.csv",
                "records": records,
                "action": action,
                "column": column,
                "expect": expect,
                "value": value if action == "override" else None,
                "reason": "a reason",
                "evidence": "a page",
                **others,
            }
        )

    return make
