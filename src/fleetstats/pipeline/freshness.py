"""Which sources are overdue by the cadence that they declare. It warns and never stops anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from fleetstats.core.errors import BadInput, what_is_wrong
from fleetstats.core.settings import Settings
from fleetstats.core.yaml_files import load_yaml
from fleetstats.filings.catalogue import Catalogue
from fleetstats.pipeline.nights import NIGHTLY, missing_night
from fleetstats.pipeline.notifications import OVERDUE, RECOVERED, Notice, events, notify
from fleetstats.sources.registry import codes, packaged_folder

_AGAIN_AFTER = timedelta(days=7, hours=-1)
"""A week, less what a nightly schedule may be early."""

_DAYS = {"monthly": 31, "quarterly": 92, "yearly": 366}


class Cadence(BaseModel):
    """What source.yml says of time: how often an edition is issued, and how long after its period."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    cadence: Literal["monthly", "quarterly", "yearly"]
    lag_days: int = Field(default=90, ge=0, le=730)


@dataclass(frozen=True)
class Freshness:
    """How far a source reaches, and since when its next edition is overdue (None: it is not)."""

    source: str
    cadence: str
    held_until: date | None
    due_by: date | None
    overdue_days: int

    @property
    def says(self) -> str:
        """One line for a person."""
        if self.held_until is None or self.due_by is None:
            return f"{self.source}: nothing is held"
        if self.overdue_days:
            return (
                f"{self.source}: overdue by {self.overdue_days} days; held until {self.held_until}, "
                f"{self.cadence}, the next was due by {self.due_by}"
            )
        return f"{self.source}: held until {self.held_until}, the next is due by {self.due_by}"


def cadence(path: Path) -> Cadence:
    """The cadence in a source.yml; `BadInput` names what is wrong in it."""
    try:
        return Cadence.model_validate(load_yaml(path))
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise BadInput(
            "a source.yml that cannot be used",
            file=path,
            found=what_is_wrong(error),
            expected="cadence: monthly, quarterly or yearly; lag_days: a number of days",
            todo="fix the key that is named",
        ) from error


def freshness(settings: Settings, today: date) -> list[Freshness]:
    """Every source: the last day that its filings in force describe, and when the next one was due.

    The next edition describes one cadence more, and is due `lag_days` after that.
    """
    until: dict[str, date] = {}
    for held in Catalogue.open(settings):
        if held.filing.accepted:
            known = until.get(held.filing.source, date.min)
            until[held.filing.source] = max(known, held.filing.period_end)
    found = []
    for source in codes():
        declared = cadence(packaged_folder(source, settings.raw) / "source.yml")
        held_until = until.get(source)
        due = None
        if held_until is not None:
            due = held_until + timedelta(days=_DAYS[declared.cadence] + declared.lag_days)
        late = (today - due).days if due is not None else 0
        found.append(Freshness(source, declared.cadence, held_until, due, max(late, 0)))
    return found


def warn_of_overdue(settings: Settings, now: datetime) -> list[str]:
    """A line for each overdue source, and for a nightly run that does not end.

    Each is told when it becomes so, again every week, and when it has recovered; what was told is in the ledger.
    """
    late = {found.source: found.says for found in freshness(settings, now.date()) if found.overdue_days}
    night = missing_night(settings, now)
    if night is not None:
        late[NIGHTLY] = night
    told: dict[str, dict[str, Any]] = {}
    for row in events(settings):
        if row["event"] in (OVERDUE, RECOVERED) and row["dag"] is None:
            told[row["task"]] = row
    notices = [
        Notice(OVERDUE, says, task=name)
        for name, says in late.items()
        if name not in told
        or told[name]["event"] == RECOVERED
        or now - told[name]["happened_at"] >= _AGAIN_AFTER
    ]
    notices += [
        Notice(RECOVERED, f"{name}: no longer overdue", task=name)
        for name, row in told.items()
        if row["event"] == OVERDUE and name not in late
    ]
    problems = notify(settings, notices)
    return [*late.values(), *problems]
