"""Whether one year's mileage report can follow the last: most of its filers are still there, and drive as far."""

from __future__ import annotations

from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleetstats.sources.staged import Staged

_FILERS_GONE = 1 / 3
"""From a year to the next at most 27 % of the filers went (2022 to 2023)."""

_FEW = 6
_MILES_GONE = 0.1
"""Those who went had at most 6 % of the miles (2022 to 2023)."""

_APART_FROM_TOTAL = Decimal("0.1")
"""In the whole of a report, where 0.7 % is the most that is held (2022, first-time)."""

_APART = 4
"""How many times as far a vehicle drives in a month, in the middle: at most 2.7 (2020 to 2021)."""


def unlike(staged: Staged, before: Staged) -> str | None:
    """Why a report cannot follow the one before it of its kind, or None.

    A file that lost records has lost filers; one in another unit has vehicles that drive another distance. First
    reports have other filers every year.
    """
    if _is_first(staged):
        return None
    now, then = _miles(staged), _miles(before)
    gone = sorted(then.keys() - now.keys(), key=lambda operator: -then[operator])
    total = sum(then.values())
    if len(then) >= _FEW and len(gone) > _FILERS_GONE * len(then):
        return f"{len(gone)} of {len(then)} filers of the report before are gone: {', '.join(gone[:8])}"
    if gone and total and sum(then[operator] for operator in gone) >= Decimal(str(_MILES_GONE)) * total:
        share = sum(then[operator] for operator in gone) / total
        return f"filers who had {share:.0%} of the miles are gone: {', '.join(gone[:3])}"
    if total and not sum(now.values()):
        return "nobody drove a mile"
    each, each_before = _in_a_month(staged), _in_a_month(before)
    if each and each_before and not 1 / _APART <= each / each_before <= _APART:
        return (
            f"a vehicle drove {each:,.0f} miles in a month, in the middle, and {each_before:,.0f} in the "
            "report before; is it another unit?"
        )
    return None


def contradicts(staged: Staged) -> str | None:
    """What contradicts itself in a report: nothing is driven in it, or its months are not its annual totals."""
    total = sum(_miles(staged).values())
    table = staged.tables.get("cadmv_mileage_month")
    months = sum([] if table is None else table["distance_mi_reported"].to_pylist(), Decimal(0))
    if not total and not months:
        return "no mile is driven in it" if staged.records_loaded >= _FEW else None
    if table is not None and abs(months - total) > _APART_FROM_TOTAL * total:
        return f"its months add up to {months:,.1f} miles, and its annual totals to {total:,.1f}"
    return None


def figures_of(staged: Staged) -> set[tuple[object, ...]]:
    """The miles of each permit in a month, without the month: 4 % are those of another edition at most."""
    table = staged.tables.get("cadmv_mileage_month")
    rows = [] if table is None else table.select(["permit", "distance_mi_reported"]).to_pylist()
    return {(row["permit"], row["distance_mi_reported"]) for row in rows if row["distance_mi_reported"]}


def events_of(staged: Staged) -> set[tuple[object, ...]]:
    """The events of each permit in a month of a year, by kind, without the year; 8 % are those of another at most."""
    names = ["permit", "month", "initiated_by", "location", "events"]
    rows = staged.tables["cadmv_event_count"].select(names).to_pylist()
    return {(r["permit"], r["month"].month, r["initiated_by"], r["location"], r["events"]) for r in rows}


def _is_first(staged: Staged) -> bool:
    table = staged.tables.get("cadmv_mileage_month")
    return table is not None and len(table["month"].unique()) > 12


def _miles(staged: Staged) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in staged.tables["cadmv_mileage_filer"].select(["operator", "annual_mi"]).to_pylist():
        found[row["operator"]] = found.get(row["operator"], Decimal(0)) + row["annual_mi"]
    return found


def _in_a_month(staged: Staged) -> float | None:
    """The miles of a vehicle in a month, in the middle of all filers and months with any."""
    table = staged.tables.get("cadmv_mileage_month")
    rows = [] if table is None else table.select(["distance_mi_reported", "vehicles"]).to_pylist()
    each = [
        float(r["distance_mi_reported"]) / r["vehicles"]
        for r in rows
        if r["vehicles"] and r["distance_mi_reported"]
    ]
    return median(each) if each else None
