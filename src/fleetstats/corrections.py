"""Reviewed corrections of published records: `corrections.yml` beside a source's filings.

A correction names the original's sha256 and its records, what to do, why, and the printed value it was
made for. One that no longer meets that value stops the build, so none outlives the error it mends.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from fleetstats.errors import BadInput, what_is_wrong
from fleetstats.yaml_files import load_yaml

CORRECTIONS_FILE = "corrections.yml"


def _records(value: object) -> object:
    """`[2, 5, "7-9"]` as all the record numbers it names."""
    if not isinstance(value, list):
        return value
    numbers: list[object] = []
    for item in value:
        if isinstance(item, str) and "-" in item:
            first, _, last = item.partition("-")
            if int(first) > int(last):
                raise ValueError(f"a range that names no records: {item}")
            numbers.extend(range(int(first), int(last) + 1))
        else:
            numbers.append(item)
    return numbers


class Correction(BaseModel):
    """One reviewed correction.

    `override` uses `value` in place of the printed `expect` in `column`; `reject` sets the record aside,
    `expect` being its printed text; `flag` changes nothing and is carried into the warehouse.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    original: str
    file: str
    records: Annotated[list[int], BeforeValidator(_records), Field(min_length=1)]
    action: Literal["override", "reject", "flag"]
    column: str | None = None
    expect: str
    value: str | None = None
    reason: str
    evidence: str
    reported: bool = False

    @model_validator(mode="after")
    def _complete(self) -> Correction:
        if self.action == "override" and (self.column is None or self.value is None):
            raise ValueError("an override needs column and value")
        return self


def load_corrections(paths: Iterable[Path]) -> list[Correction]:
    """The corrections of these files, in order; missing files are none. `BadInput` for a bad entry."""
    corrections: list[Correction] = []
    for path in paths:
        if not path.exists():
            continue
        try:
            entries = load_yaml(path) or []
            corrections.extend(Correction.model_validate(entry) for entry in entries)
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


def corrections_sha256(corrections: Iterable[Correction]) -> str:
    """A hash over what the corrections do; a digest keeps it to say with which ones it was made."""
    entries = [
        {key: getattr(c, key) for key in ("records", "action", "column", "expect", "value")}
        for c in corrections
    ]
    entries.sort(key=lambda entry: json.dumps(entry, sort_keys=True))
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()
