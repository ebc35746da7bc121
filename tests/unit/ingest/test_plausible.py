"""Figures that cannot be those of the edition that a file is said to be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from fleetstats.ingest.plausible import implausible
from fleetstats.sources.cadmv.series import contradicts, unlike
from fleetstats.sources.registry import source
from fleetstats.sources.staged import Staged

FIRMS = ("waymo", "zoox", "cruise", "nuro", "apple", "aurora", "weride", "tesla")
Miles = dict[str, list[Decimal]]


def report(miles: Miles, year: int = 2023, times: int = 1, annual: Miles | None = None) -> Staged:
    """A mileage report of a year: the miles of each firm by month, and its annual totals (default: their sums)."""
    months = [
        {"permit": firm, "month": date(year - (n == 0), 12 if n == 0 else n, 1), "distance_mi_reported": each * times,
         "vehicles": 1}
        for firm, mine in miles.items()
        for n, each in enumerate(mine)
    ]  # fmt: skip
    totals = [
        {"operator": firm, "annual_mi": sum(mine, Decimal(0)) * times}
        for firm, mine in (annual or miles).items()
    ]
    made = Staged("f", records_loaded=len(months))
    made.tables = {
        "cadmv_mileage_month": pa.Table.from_pylist(months),
        "cadmv_mileage_filer": pa.Table.from_pylist(totals),
    }
    return made


def driven(seed: int, firms: tuple[str, ...] = FIRMS) -> Miles:
    return {
        firm: [Decimal(seed * 7 + 13 * i + n) + Decimal("0.25") for n in range(12)]
        for i, firm in enumerate(firms)
    }


@pytest.mark.parametrize(
    ("staged", "says"),
    [
        (report(driven(100)), None),
        (report(driven(100), annual=driven(101)), None),
        (report({firm: [Decimal(0)] * 12 for firm in FIRMS}), "no mile is driven"),
        (report(driven(100), annual=driven(300)), "its months add up to"),
    ],
)
def test_a_report_that_contradicts_itself_is_told(staged: Staged, says: str | None) -> None:
    found = contradicts(staged)
    assert (found is None) if says is None else (found is not None and says in found)


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (report(driven(104), 2024), None),
        (report(driven(104), 2024, times=3), None),
        (report(driven(104), 2024, times=10), "another unit"),
        (report(driven(104, FIRMS[:5]), 2024), "filers of the report before are gone"),
        (report(driven(104, FIRMS[:-1]), 2024), "of the miles are gone"),
    ],
)
def test_a_report_that_cannot_follow_the_last_is_told(after: Staged, says: str | None) -> None:
    found = unlike(after, report(driven(100)))
    assert (found is None) if says is None else (found is not None and says in found)


def test_the_figures_of_one_year_are_not_those_of_another() -> None:
    mileage = source("cadmv_mileage")
    others = {"2023": report(driven(100)), "2022": report(driven(17), 2022)}
    relabelled = report(driven(100), 2024)
    assert implausible(mileage, relabelled, "2024", None, others) == (
        "96 of its 96 figures are those of cadmv_mileage/2023"
    )
    assert implausible(mileage, report(driven(3), 2024), "2024", None, others) is None
    # An amendment has most of the figures of what it amends
    assert implausible(mileage, relabelled, "2023-amended-1", None, others) is None


def test_the_first_of_what_speaks_against_a_report_is_told() -> None:
    mileage, before = source("cadmv_mileage"), report(driven(100))
    nothing = report({firm: [Decimal(0)] * 12 for firm in FIRMS})
    assert implausible(mileage, nothing, "2024", before, {}) == "no mile is driven in it"
    tenfold = implausible(mileage, report(driven(104), times=10), "2024", before, {})
    assert tenfold is not None
    assert "another unit" in tenfold
    assert implausible(source("robotaxi_orders"), nothing, "x", before, {"y": before}) is None
