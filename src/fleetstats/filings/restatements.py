"""How much a source's figures may move, and after how long: declared in its source.yml, reviewed line by line.

`restatements` in `source.yml` has `grace_days`, `tolerance_percent`, `tolerance_difference` (left out: 0),
`on_excess` (warning or stop), `reason` and `declared_on`; a user's own `restatements.yml` with these keys stands
before it. `restatements.csv` names filings (or `no filing`) whose restatements a person has looked at, `removed.csv`
those that `fleetstats remove` took out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from fleetstats.core.csv_tables import read_rows
from fleetstats.core.errors import BadInput, what_is_wrong
from fleetstats.core.yaml_files import load_yaml

OWN_FILE = "restatements.yml"
REVIEWED_FILE = "restatements.csv"
REVIEWED_COLUMNS = "filing reason reviewed_on".split()
REMOVED_FILE = "removed.csv"
REMOVED_COLUMNS = "filing sha256 reason removed_on".split()
NO_FILING = "no filing"
"""What stands for a filing where code or reviewed tables moved a figure."""


class Declared(BaseModel):
    """How far a figure older than `grace_days` may move, and what happens beyond.

    A move is too far if it is over `tolerance_percent` and over `tolerance_difference` in the figure's own unit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    grace_days: Annotated[int, Field(ge=0)]
    tolerance_percent: Annotated[float, Field(ge=0)]
    tolerance_difference: Annotated[float, Field(ge=0)] = 0
    on_excess: Literal["warning", "stop"]
    reason: Annotated[str, Field(min_length=10)]
    declared_on: date


@dataclass(frozen=True)
class Restatements:
    """What is declared of each source, the filings whose restatements are reviewed, and those that were taken out."""

    declared: dict[str, Declared]
    reviewed: frozenset[str]
    removed: frozenset[str] = frozenset()


def load_restatements(packaged: Mapping[str, Path], landed: Path) -> Restatements:
    """What the sources declare, and the reviewed lines; `packaged` is the folder of each source that ships.

    Raises `BadInput` for a source that declares nothing, or what cannot be used.
    """
    declared: dict[str, Declared] = {}
    reviewed: set[str] = set()
    removed: set[str] = set()
    for source, folder in packaged.items():
        own = landed / source
        values = _values(folder / "source.yml").get("restatements")
        path = own / OWN_FILE if (own / OWN_FILE).exists() else folder / "source.yml"
        try:
            declared[source] = Declared.model_validate(_values(path) if path.name == OWN_FILE else values)
        except ValueError as error:
            raise _unusable(path, what_is_wrong(error)) from error
        for place in (folder, own):
            reviewed |= {row["filing"] for _, row in read_rows(place / REVIEWED_FILE, REVIEWED_COLUMNS)}
        removed |= {row["filing"] for _, row in read_rows(own / REMOVED_FILE, REMOVED_COLUMNS)}
    return Restatements(declared, frozenset(reviewed), frozenset(removed))


def _values(path: Path) -> dict[str, Any]:
    try:
        values = load_yaml(path)
    except (OSError, yaml.YAMLError) as error:
        raise _unusable(path, what_is_wrong(error)) from error
    if not isinstance(values, dict):
        raise _unusable(path, f"{values!r}")
    return values


def _unusable(path: Path, found: str) -> BadInput:
    return BadInput(
        "a source that does not say how far its figures may move",
        file=path,
        column="restatements",
        found=found,
        expected="grace_days, tolerance_percent, on_excess (warning or stop), reason and declared_on",
        todo="fix what is named",
    )
