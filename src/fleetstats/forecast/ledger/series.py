"""The series that are forecast, from the mart `forecast_series`: what is known, and what had been by a day."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from fleetstats.core.periods import parse_period
from fleetstats.forecast.engine.series import Frequency, Series, period_number, period_text

HORIZON: dict[Frequency, int] = {"M": 12, "Q": 8, "Y": 3}
"""How many periods ahead the warehouse forecasts: a year of months, two years of quarters."""

ENDED: dict[Frequency, int] = {"M": 12, "Q": 4, "Y": 1}
"""A series whose last period lies further than this behind the newest of its measure has ended."""

COLUMNS = {
    "series", "operator", "scope", "measure", "unit", "frequency", "period", "value", "bound", "scope_break",
    "issued_on", "preference", "choice", "issue_order",
}  # fmt: skip
"""The columns of `forecast_series` that are read here."""


@dataclass(frozen=True)
class Figure:
    """What was said of one period on one day. A lower `preference` is believed before a higher one; `rank`
    breaks ties."""

    period: str
    value: float
    bound: str
    scope: str
    scope_break: bool
    issued_on: date
    preference: int
    rank: int
    order: int


@dataclass(frozen=True)
class Truths:
    """One figure for each period that is known, by some rule of choice."""

    frequency: Frequency
    figures: dict[str, Figure]
    offset: float

    def total(self, through: str) -> float:
        """The cumulative total that is known at the end of a period: periods without a figure add nothing,
        and neither do those that were counted under an earlier scope."""
        last = period_number(through, self.frequency)
        return self.offset + math.fsum(
            f.value
            for f in self.figures.values()
            if not f.scope_break and period_number(f.period, self.frequency) <= last
        )

    def complete(self, after: str, through: str) -> bool:
        """Whether every period after one and up to another has a figure."""
        first, last = period_number(after, self.frequency) + 1, period_number(through, self.frequency)
        return all(period_text(n, self.frequency) in self.figures for n in range(first, last + 1))

    def at_least(self, after: str, through: str) -> bool:
        """Whether some figure after one period and up to another is only a lower bound."""
        first, last = period_number(after, self.frequency) + 1, period_number(through, self.frequency)
        periods = (period_text(n, self.frequency) for n in range(first, last + 1))
        return any(self.figures[p].bound == "at_least" for p in periods if p in self.figures)


@dataclass(frozen=True)
class PublishedSeries:
    """One series with everything that was said of it.

    `offset`: the published total less the sum of the periods, where the publisher gives totals; else 0. It is
    known from `offset_issued_on`.
    """

    series: str
    operator: str
    measure: str
    unit: str
    frequency: Frequency
    figures: tuple[Figure, ...]
    offset: float = 0.0
    offset_issued_on: date | None = None

    def known(self, day: date | None = None) -> Truths:
        """What is known today, or had been issued by a day: of several figures the one believed first."""
        best: dict[str, Figure] = {}
        for figure in sorted(self.figures, key=lambda f: (f.preference, f.issued_on, f.rank)):
            if day is None or figure.issued_on <= day:
                best.setdefault(figure.period, figure)
        has_offset = day is None or (self.offset_issued_on is not None and self.offset_issued_on <= day)
        return Truths(self.frequency, best, self.offset if has_offset else 0.0)

    def first_published(self) -> Truths:
        """Each period as it was first published."""
        first: dict[str, Figure] = {}
        for figure in sorted(self.figures, key=lambda f: f.order):
            first.setdefault(figure.period, figure)
        return Truths(self.frequency, first, self.offset)

    def issue_days(self) -> list[date]:
        """The days on which something was issued, oldest first."""
        return sorted({f.issued_on for f in self.figures})

    def scope_of(self, truths: Truths) -> str:
        """The scope of the last period that is known."""
        return truths.figures[max(truths.figures)].scope

    def as_series(self, truths: Truths) -> Series | None:
        """For the models; missing periods are NaN, lower bounds are marked. None if nothing is known."""
        if not truths.figures:
            return None
        numbers = [period_number(p, self.frequency) for p in truths.figures]
        first, last = min(numbers), max(numbers)
        found = [truths.figures.get(period_text(n, self.frequency)) for n in range(first, last + 1)]
        return Series(
            series_id=self.series,
            frequency=self.frequency,
            first_period=period_text(first, self.frequency),
            values=np.array([math.nan if f is None else f.value for f in found]),
            at_least=np.array([f is not None and f.bound == "at_least" for f in found]),
        )


def histories(
    figures: Iterable[dict[str, Any]], totals: Iterable[dict[str, Any]] = ()
) -> list[PublishedSeries]:
    """The series of the rows of `forecast_series`, in the order of their codes.

    `totals` are rows of `orders_cumulative`: where an operator's total at the end of a period can be derived,
    the series' totals are made to agree with it.
    """
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in figures:
        grouped.setdefault(row["series"], []).append(row)
    derived = [row for row in totals if row["basis"] == "derived"]
    return [_history(name, grouped[name], derived) for name in sorted(grouped)]


def _history(name: str, rows: list[dict[str, Any]], totals: list[dict[str, Any]]) -> PublishedSeries:
    one = rows[0]
    history = PublishedSeries(
        series=name,
        operator=one["operator"],
        measure=one["measure"],
        unit=one["unit"],
        frequency=one["frequency"],
        figures=tuple(
            Figure(
                period=row["period"],
                value=float(row["value"]),
                bound=row["bound"],
                scope=row["scope"],
                scope_break=bool(row["scope_break"]),
                issued_on=_day(row["issued_on"]),
                preference=int(row["preference"]),
                rank=int(row["choice"]),
                order=int(row["issue_order"]),
            )
            for row in rows
        ),
    )
    known = history.known()
    ends = {parse_period(period).end: period for period in known.figures}
    scope = history.scope_of(known)
    for total in sorted(totals, key=lambda t: _day(t["as_of"])):
        period = ends.get(_day(total["as_of"]))
        same = total["operator"] == history.operator and total["scope"] == scope
        if one["measure"] == "orders" and same and period is not None:
            offset = float(total["orders"]) - known.total(period)
            return replace(history, offset=offset, offset_issued_on=_day(total["issued_on"]))
    return history


def _day(value: Any) -> date:
    """A date as a database or a frame gives it."""
    found: date = value.date() if hasattr(value, "date") else value
    return found


def going_on(every: Iterable[PublishedSeries], day: date | None = None) -> list[PublishedSeries]:
    """Those that have not ended: their last period is within a year of the newest one of their measure."""
    last: dict[str, int] = {}
    newest: dict[tuple[str, str], int] = {}
    kept = []
    for history in every:
        truths = history.known(day)
        if truths.figures:
            last[history.series] = max(period_number(p, history.frequency) for p in truths.figures)
            kept.append(history)
            key = (history.measure, history.frequency)
            newest[key] = max(newest.get(key, 0), last[history.series])
    return [h for h in kept if newest[h.measure, h.frequency] - last[h.series] <= ENDED[h.frequency]]


def inputs_sha256(series: Series, total: float, scope: str, horizon: int, seed: int) -> str:
    """A hash over everything that a forecast is made from, the code apart."""
    parts = [
        series.series_id, series.frequency, series.first_period, [repr(v) for v in series.values.tolist()],
        series.at_least.tolist(), repr(total), scope, horizon, seed,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
