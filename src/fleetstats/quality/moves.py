"""One figure that is new, changed or removed, and whether it moved by more than its sources declare."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from fleetstats.core.schema.tables import TABLES
from fleetstats.filings.restatements import Declared

NEW, CHANGED, REMOVED = "new", "changed", "removed"
WITHIN, REVIEWED, WARNING, STOP = "within", "reviewed", "warning", "stop"


_LIKE = 1e-12
"""Relative difference below which two floats are the same figure; decimals and counts are compared exactly."""


@dataclass(frozen=True)
class Revision:
    """One figure that is new, changed or removed."""

    table_name: str
    figure_key: str
    column_name: str
    change: str
    old_value: Decimal | None
    new_value: Decimal | None
    old_bound: str | None
    new_bound: str | None
    operator: str | None
    scope: str | None
    period_end: date | None
    filings: str
    verdict: str

    @property
    def difference(self) -> Decimal | None:
        """New less old, where both are there."""
        if self.old_value is None or self.new_value is None:
            return None
        return self.new_value - self.old_value

    @property
    def percent(self) -> float | None:
        """The difference in per cent of the old value; none where that is 0."""
        if self.difference is None or not self.old_value:
            return None
        return float(self.difference / abs(self.old_value) * 100)

    def row(self) -> dict[str, Any]:
        """The columns of the ledger that do not depend on the run."""
        names = set(TABLES["revision"].columns)
        found = {k: v for k, v in vars(self).items() if k in names}
        return found | {"difference": self.difference, "percent": self.percent}

    @property
    def of_rates(self) -> bool:
        """Whether its mart is one of rates, which may fall; their parts are published by marts of their own."""
        mart = TABLES[self.table_name]
        kinds = {f.name: f.type for f in mart.fields}
        return any(kinds[name] == "ratio" for name in mart.figures)

    @property
    def is_loss(self) -> bool:
        """Whether an amount is less than it was, or gone."""
        if not self.old_value or self.of_rates:
            return False
        return self.new_value is None or self.new_value < self.old_value

    @property
    def says(self) -> str:
        """One line for a person."""
        both = self.old_bound != self.new_bound and self.change == CHANGED
        old, new = (
            _say(value, bound, always=both)
            for value, bound in ((self.old_value, self.old_bound), (self.new_value, self.new_bound))
        )
        what = {NEW: f"new: {new}", REMOVED: f"removed: was {old}"}.get(self.change, f"{old} → {new}")
        moved = f" ({self.percent:+.2f} %)" if self.percent else ""
        return f"{self.figure_key}: {self.column_name} {what}{moved}"


def _say(value: Decimal | None, bound: str | None, *, always: bool) -> str:
    number = "nothing" if value is None else f"{value.normalize():,f}"
    return f"{number} {bound}" if bound is not None and (always or bound != "exact") else number


class Judge:
    """Whether a figure moved by more than the sources of its mart declare."""

    def __init__(self, rules: list[tuple[Declared, date]], *, by_filings: bool, reviewed: bool) -> None:
        """`rules` are those of the sources that moved, each with the latest day of issue of what came.

        `by_filings` says that filings came or went, and `reviewed` that a reviewed line names each of them.
        """
        self._rules, self._by_filings, self._reviewed = rules, by_filings, reviewed

    def __call__(self, revision: Revision) -> str:
        if revision.change == NEW or revision.period_end is None or _is_completed(revision):
            return WITHIN
        if revision.change == CHANGED and same(revision.old_value, revision.new_value):
            return WITHIN
        percent, distance = _size_of(revision)
        far = [
            (rule, day)
            for rule, day in self._rules
            if percent > rule.tolerance_percent and distance > rule.tolerance_difference
        ]
        exceeded: set[str] = {
            rule.on_excess for rule, day in far if day - revision.period_end > timedelta(days=rule.grace_days)
        }
        # Time excuses what comes in late, and nothing that goes
        if far and revision.is_loss:
            exceeded.add(STOP)
        if not exceeded:
            return WITHIN
        if self._reviewed:
            return REVIEWED
        # What no filing moved, a reviewed table or a release did, or damage that is being repaired
        return STOP if STOP in exceeded and self._by_filings and not revision.of_rates else WARNING


def _is_completed(revision: Revision) -> bool:
    """Whether a figure says what the one before it had left open: at least 5 is now 7."""
    old, new = revision.old_value, revision.new_value
    if old is None or new is None:
        return False
    return (revision.old_bound == "at_least" and new >= old) or (
        revision.old_bound == "at_most" and new <= old
    )


def _size_of(revision: Revision) -> tuple[float, float | Decimal]:
    """How far a figure moved, in per cent and in its own unit; one that is gone by all of itself."""
    if revision.change == REMOVED and revision.old_value is not None:
        return 100.0, abs(revision.old_value)
    percent = math.inf if revision.percent is None else abs(revision.percent)
    return percent, math.inf if revision.difference is None else abs(revision.difference)


def same(old: Any, new: Any) -> bool:
    """Whether two values are one figure."""
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=_LIKE)
    return bool(old == new)
