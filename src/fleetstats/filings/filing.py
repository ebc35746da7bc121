"""A filing as it is described in `filing.yml`, and the file that is held of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from fleetstats.core.errors import BadInput, what_is_wrong
from fleetstats.core.files import write_atomically
from fleetstats.core.yaml_files import load_yaml

FILING_FILE = "filing.yml"


EDITION = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Original(BaseModel):
    """The publisher's own file that a digest was made from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    sha256: Sha256
    sha256_lf: Sha256
    size: int = Field(gt=0)
    columns: list[str] = []


class Filing(BaseModel):
    """One `filing.yml`. `issued_on: by_row` stands for files whose every row has its own date.

    A filing that is not `accepted` is in the catalogue, but neither read nor in force: a person has to look
    at it first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    edition: Annotated[str, BeforeValidator(str), Field(pattern=f"^{EDITION.pattern}$")]
    file: Annotated[str, Field(pattern=r"^[^/\\]+$")]
    publisher: str
    title: str
    url: str | None
    licence: str
    period_start: date
    period_end: date
    issued_on: date | Literal["by_row"]
    issued_on_estimated: bool = False
    retrieved_on: date
    status: Literal["original", "amended", "transcribed", "digest"]
    supersedes: Annotated[str, BeforeValidator(str)] | None = None
    withdrawn_on: date | None = None
    sha256: Sha256
    sha256_lf: Sha256 | None = None
    size: int = Field(gt=0)
    original: Original | None = None
    corrections_sha256: Sha256 | None = None
    accepted: bool = True
    compiled_by: str | None = None
    columns: list[str] = []
    notes: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def _null_is_null(cls, values: Any) -> Any:
        # BeforeValidator(str) would turn a null edition to replace into the text "None"
        if isinstance(values, dict) and values.get("supersedes") is None:
            values = {k: v for k, v in values.items() if k != "supersedes"}
        return values

    @model_validator(mode="after")
    def _consistent(self) -> Filing:
        if self.period_end < self.period_start:
            raise ValueError("period_end lies before period_start")
        if (self.status == "digest") != (self.original is not None):
            raise ValueError("a digest names its original, and only a digest does")
        if self.withdrawn_on and self.issued_on != "by_row" and self.withdrawn_on < self.issued_on:
            raise ValueError("withdrawn_on lies before issued_on")
        return self

    @property
    def id(self) -> str:
        """source/edition."""
        return f"{self.source}/{self.edition}"


@dataclass(frozen=True)
class Held:
    """A filing and the bytes to read for it: its own file, or a digest's original found elsewhere.

    `hashes` are those under which corrections may address the publisher's file.
    """

    filing: Filing
    folder: Path
    path: Path
    sha256: str
    read_as: Literal["original", "digest", "transcribed"]
    hashes: tuple[str, ...]

    @property
    def status(self) -> str:
        """The filing's status, given what is read for it."""
        if self.read_as == "original" and self.filing.status == "digest":
            return "amended" if self.filing.supersedes else "original"
        return self.filing.status

    @property
    def original_sha256(self) -> str | None:
        """The publisher's file behind these bytes; a digest and its original give the same."""
        if self.filing.original is not None:
            return self.filing.original.sha256
        return self.filing.sha256 if self.read_as == "original" else None


def read_filing(folder: Path) -> Filing:
    """The filing of a folder; `BadInput` names what is missing or wrong in its filing.yml."""
    path = folder / FILING_FILE
    try:
        values = load_yaml(path)
        filing = Filing.model_validate(values)
    except OSError as error:
        raise BadInput(
            "a filing without filing.yml",
            file=path,
            todo="add the file with fleetstats add, which writes filing.yml",
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise BadInput(
            "a filing.yml that cannot be used",
            file=path,
            found=what_is_wrong(error),
            expected="the keys that docs/filings.md describes",
            todo="fix the key that is named",
        ) from error
    if (folder.parent.name, folder.name) != (filing.source, filing.edition):
        raise BadInput(
            "a filing in the wrong folder",
            file=path,
            found=filing.id,
            expected=f"{folder.parent.name}/{folder.name}",
        )
    return filing


def write_filing(folder: Path, filing: Filing) -> None:
    """Write `filing.yml`, keys in the order of the model, unset ones left out."""
    values = filing.model_dump(mode="json", exclude_none=True)
    values = {k: v for k, v in values.items() if v != [] and not (k == "issued_on_estimated" and not v)}
    if filing.accepted:
        del values["accepted"]
    for key in ("url",):
        values.setdefault(key, None)
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=120)
    write_atomically(folder / FILING_FILE, text.encode())
