"""Reviewed corrections of published records: `corrections.yml` beside a source's filings.

A correction names a file's sha256 and its records, what to do, why, and the printed value it was made for.
One that no longer meets that value stops the build, so none outlives the error it fixes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from fleetstats.core.errors import BadInput, shorten, what_is_wrong
from fleetstats.core.formats import decimal_text
from fleetstats.core.yaml_files import load_yaml

CORRECTIONS_FILE = "corrections.yml"


_MOST_RECORDS = 100_000
_MOST_IN_A_FILE = 500_000


def _records(value: object) -> object:
    """`[2, 5, "7-9"]` as all the record numbers it names."""
    if not isinstance(value, list):
        return value
    numbers: list[object] = []
    for item in value:
        if not isinstance(item, str) or "-" not in item:
            numbers.append(item)
            continue
        found = re.fullmatch(r"([0-9]{1,12})-([0-9]{1,12})", item)
        if found is None or int(found[1]) > int(found[2]):
            raise ValueError(f"a range that names no records: {shorten(item, 60)}")
        if len(numbers) + int(found[2]) - int(found[1]) >= _MOST_RECORDS:
            raise ValueError(f"more than {_MOST_RECORDS:,} records in one correction: {item}")
        numbers.extend(range(int(found[1]), int(found[2]) + 1))
    return numbers


def _action(value: object) -> object:
    if value == "reject":
        raise ValueError("the action is called drop now")
    return value


def _factor(value: object) -> object:
    """An exact decimal: a float of YAML has been rounded before anybody could look."""
    if isinstance(value, float):
        raise ValueError(f"write the factor in quotation marks: '{value}'")  # noqa: TRY004 - pydantic shows it
    if not isinstance(value, str | int) or re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", str(value)) is None:
        raise ValueError("a factor is a plain decimal such as '1.609344'")
    if not Decimal(value):
        raise ValueError("a factor of 0 is no conversion: use drop, or override")
    return Decimal(value)


class Correction(BaseModel):
    """One reviewed correction of `records` of the file `original` (the publisher's) or `digest` (ours), by sha256.

    `override` uses `value` in place of the printed `expect` in `column`; `scale` the printed number times
    `factor`; `reassign` gives the record to `operator`; `drop` takes it out; `flag` changes nothing. Without a
    column, `expect` is the text of the whole record, or `sha256` and
    the hash of it, where the text is not ours to carry. All are carried into the warehouse.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    original: str | None = None
    digest: str | None = None
    file: str
    records: Annotated[list[int], BeforeValidator(_records), Field(min_length=1)]
    action: Annotated[Literal["override", "drop", "scale", "reassign", "flag"], BeforeValidator(_action)]
    column: str | None = None
    expect: str
    value: str | None = None
    factor: Annotated[Decimal, BeforeValidator(_factor)] | None = None
    operator: str | None = None
    reason: str
    evidence: str
    reported: bool = False

    @model_validator(mode="after")
    def _complete(self) -> Correction:
        if (self.original is None) == (self.digest is None):
            raise ValueError("a correction names either original or digest")
        if self.action in ("override", "scale") and self.column is None:
            raise ValueError(f"{self.action} needs a column")
        for key, action in _NEEDED.items():
            if action == self.action and getattr(self, key) is None:
                raise ValueError(f"{action} needs {key}")
            if action != self.action and getattr(self, key) is not None:
                raise ValueError(f"{key} goes with {action} only")
        return self

    @property
    def addresses(self) -> Literal["original", "digest"]:
        """Whose records are counted."""
        return "original" if self.digest is None else "digest"

    def used(self, printed: str) -> str | None:
        """What is used in place of the printed text; None where nothing is. `ValueError` if it is no number."""
        if self.action == "scale" and self.factor is not None:
            return scaled(printed, self.factor)
        return self.value if self.action == "override" else self.operator


_NEEDED = {"value": "override", "factor": "scale", "operator": "reassign"}
_NINE = Decimal("1e-9")
_PRINTED = re.compile(r"([0-9]{1,19}|[0-9]{1,3}(,[0-9]{3}){1,6})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?")


def scaled(printed: str, factor: Decimal) -> str:
    """A printed number times a factor, exact to the nine decimal places that tables have, as plain text.

    `ValueError` for a text that is no number.
    """
    compact = "".join(printed.split())
    if _PRINTED.fullmatch(compact) is None:
        raise ValueError("a number such as 1632.7 or 1,632.7")
    with localcontext() as exact:
        exact.prec = 60
        product = (Decimal(compact.replace(",", "")) * factor).quantize(_NINE, ROUND_HALF_EVEN)
    return decimal_text(product)


def _validated(entries: Iterable[object]) -> Iterator[Correction]:
    count = 0
    for entry in entries:
        correction = Correction.model_validate(entry)
        count += len(correction.records)
        if count > _MOST_IN_A_FILE:
            raise ValueError(f"corrections of more than {_MOST_IN_A_FILE:,} records")
        yield correction


def load_corrections(paths: Iterable[Path]) -> list[Correction]:
    """The corrections of these files, in order; missing files are none. `BadInput` for a bad entry."""
    corrections: list[Correction] = []
    for path in paths:
        if not path.exists():
            continue
        try:
            corrections.extend(_validated(load_yaml(path) or []))
        except (yaml.YAMLError, ValidationError, ValueError, TypeError) as error:
            raise BadInput(
                "corrections that cannot be read",
                file=path,
                found=what_is_wrong(error),
                expected="a list of entries as CONTRIBUTING.md describes them",
            ) from error
    return corrections


def corrections_of(corrections: Iterable[Correction], hashes: Iterable[str]) -> list[Correction]:
    """Those made for an original of one of these hashes."""
    wanted = set(hashes)
    return [correction for correction in corrections if correction.original in wanted]


def corrections_of_digest(corrections: Iterable[Correction], sha256: str) -> list[Correction]:
    """Those made for the rows of the digest of this hash."""
    return [correction for correction in corrections if correction.digest == sha256]


def by_cell(corrections: Iterable[Correction], file: str) -> dict[tuple[int, str | None], Correction]:
    """Corrections by record and column; `BadInput` for two of one cell."""
    found: dict[tuple[int, str | None], Correction] = {}
    for correction in corrections:
        for record in correction.records:
            if (record, correction.column) in found:
                raise BadInput(
                    "two corrections of one cell",
                    file=file,
                    record=record,
                    column=correction.column,
                    expected="one for each record and column",
                    todo="remove one of the two from corrections.yml of the source",
                )
            found[(record, correction.column)] = correction
    return found


def apply(correction: Correction, file: str, record: int, printed: str) -> str | None:
    """What a correction uses in place of a printed text (None: nothing), once it is the text it was made for.

    Raises `BadInput` where something else is printed, or where a number is to be scaled and there is none.
    """
    # Empty cells at the end of a record need not be written
    text, expected = printed.rstrip(","), correction.expect.rstrip(",")
    if expected not in (text, f"sha256 {hashlib.sha256(text.encode()).hexdigest()}"):
        raise stale(correction, file, record, printed)
    try:
        return correction.used(printed)
    except ValueError as error:
        raise BadInput(
            "a correction scales what is no number",
            file=file,
            record=record,
            column=correction.column,
            found=printed,
            expected=str(error),
            todo="use override in corrections.yml of the source",
        ) from error


def stale(correction: Correction, file: str, record: int, found: str) -> BadInput:
    """The error for a correction that meets nothing, or something else than it was made for."""
    return BadInput(
        "a correction no longer applies",
        file=file,
        record=record,
        column=correction.column,
        found=found,
        expected=f"{correction.expect!r}, the printed value that the correction was made for",
        todo="look at the record and fix or remove the entry in corrections.yml of the source",
    )


def corrections_sha256(corrections: Iterable[Correction]) -> str:
    """A hash over what the corrections do; a digest keeps it to say with which ones it was made."""
    entries = [
        {key: getattr(c, key) for key in ("records", "action", "column", "expect", "value")}
        | {key: str(got) for key in ("factor", "operator") if (got := getattr(c, key)) is not None}
        for c in corrections
    ]
    entries.sort(key=lambda entry: json.dumps(entry, sort_keys=True))
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()
