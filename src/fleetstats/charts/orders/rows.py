"""The frame as rows: figures of quarters, running totals, and as much of the forecast as is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from fleetstats.charts.frames import Row, rows_of

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = "kind day ends orders bound confidence low_50 high_50 low_95 high_95 probability".split()
AHEAD = 4
"""Quarters of the forecast that are drawn; further out its intervals would dwarf everything else."""
LINE = 10_000_000
"""The total whose passing is told: ten million."""
DOUBTFUL = ("unsourced", "derived")
"""Confidences whose bars are outlined: no page prints the figure."""


def rows_in_order(frame: pd.DataFrame) -> list[Row]:
    """The rows that say anything, by day, with the next quarters of the forecast only."""
    rows = [r for r in rows_of(frame, COLUMNS, "orders") if r["orders"] is not None]
    rows.sort(key=lambda r: (r["day"], r["kind"]))
    fan = sorted({r["day"] for r in rows if r["kind"] in ("increment", "cumulative")})[:AHEAD]
    return [r for r in rows if r["kind"] not in ("increment", "cumulative") or r["day"] in fan]


def of(rows: Sequence[Row], *kinds: str) -> list[Row]:
    """The rows of these kinds."""
    return [r for r in rows if r["kind"] in kinds]


def has_figures(rows: Sequence[Row]) -> bool:
    """Whether anything was published; a forecast alone is not drawn."""
    return bool(of(rows, "quarter", "derived", "published"))


def passing(rows: Sequence[Row]) -> tuple[date | None, date | None]:
    """The last day the total was known below the line, and the first it was known at it or above.

    A lower bound below the line says nothing, so only figures that are not bounds count on that side.
    """
    totals = of(rows, "derived", "published")
    above = [r["day"] for r in totals if r["orders"] >= LINE]
    first = min(above, default=None)
    below = [
        r["day"]
        for r in totals
        if r["orders"] < LINE and r["bound"] != "at_least" and (first is None or r["day"] < first)
    ]
    return max(below, default=None), first
