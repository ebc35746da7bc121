"""Rows of the mart as points, and points as the series that may be compared over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fleetstats.charts.frames import Row, rows_of
from fleetstats.charts.style import Hue, Theme, hues_for
from fleetstats.core.habits import Rounding
from fleetstats.core.words import Named, name_in_data

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = "fleet region scope convention year through km km_low km_high km_high_bound bound".split()

OPEN = ("approximate", "between")
"""Bounds whose points are drawn as open circles."""


@dataclass(frozen=True)
class Point:
    """One row of the mart: a cumulative distance in km at the end of `through`."""

    fleet: str
    region: str
    scope: str
    convention: str
    year: int
    through: date
    km: float | None
    low: float | None
    high: float | None
    high_bound: str | None
    bound: str
    name: Named
    scope_name: Named

    @property
    def at_least(self) -> float | None:
        """The least it can be, in km."""
        return self.low if self.low is not None else self.km

    @property
    def at_most(self) -> float | None:
        """The most it can be, in km, as far as anyone says."""
        if self.high is not None:
            return self.high
        return None if self.bound == "at_least" else self.km


@dataclass(frozen=True)
class Series:
    """The points of one fleet that may be compared over time, in order.

    `apart` marks driverless testing: a programme of its own that is shown and never added.
    """

    fleet: str
    points: tuple[Point, ...]
    hue: Hue
    apart: bool

    @property
    def last(self) -> Point:
        """The latest point."""
        return self.points[-1]

    def since(self, index: int) -> date:
        """Where the year of a point begins: at the point before, or a year before the first."""
        return self.points[index - 1].through if index else self.points[0].through - timedelta(days=365)

    @property
    def breaks(self) -> list[tuple[Point, Point]]:
        """Neighbouring points whose scopes differ."""
        return [(a, b) for a, b in zip(self.points, self.points[1:], strict=False) if a.scope != b.scope]


def points_of(frame: pd.DataFrame) -> list[Point]:
    """The rows that say anything, in order."""
    points = [_point(row) for row in rows_of(frame, COLUMNS, "beijing-vs-california")]
    known = (p for p in points if (p.km, p.low, p.high) != (None, None, None))
    return sorted(known, key=lambda p: (p.convention, p.region, p.fleet, p.through, p.scope))


def _point(row: Row) -> Point:
    return Point(
        fleet=str(row["fleet"]),
        region=str(row["region"]),
        scope=str(row["scope"]),
        convention=str(row["convention"]),
        year=int(row["year"]),
        through=row["through"],
        km=row["km"],
        low=row["km_low"],
        high=row["km_high"],
        high_bound=row["km_high_bound"],
        bound=str(row["bound"]),
        name=name_in_data(row, "fleet", str(row["fleet"]).replace("_", " ")),
        scope_name=name_in_data(row, "scope", str(row["scope"]).replace("_", " ")),
    )


def series_of(points: Sequence[Point], theme: Theme) -> list[Series]:
    """A fleet's rows are one series, except that driverless testing is always one of its own."""
    fleets = list(dict.fromkeys(p.fleet for p in points))
    hues = hues_for(fleets, theme)
    found = []
    for fleet in fleets:
        for apart in (False, True):
            own = tuple(p for p in points if p.fleet == fleet and p.scope.endswith("driverless") == apart)
            if own:
                found.append(Series(fleet, own, hues[fleet], apart))
    return found


def exact_first(convention: str) -> tuple[bool, str]:
    """For sorting unit conventions."""
    return convention != "exact", convention


def firmness(point: Point) -> tuple[bool, Rounding]:
    """Whether an upper bound is firm, and how it is rounded."""
    firm = point.high_bound not in OPEN
    return firm, "up" if firm else "nearest"
