"""Revisions: every mart is compared, a move is judged as its source declares, and the order decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.core.errors import BadInput
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.settings import packaged
from fleetstats.filings.restatements import Declared, Restatements, load_restatements
from fleetstats.quality.moves import STOP
from fleetstats.quality.revisions import Revisions, compare, compared_marts
from fleetstats.sources.registry import codes
from fleetstats.warehouse.marts import load_statements

STATEMENTS = load_statements(packaged("sql"))
MONTH = date(2023, 1, 1)
ISSUED = date(2024, 2, 2)
Month = tuple[str, date, Decimal]


def declared(on_excess: str = "warning", reviewed: Sequence[str] = (), **more: Any) -> Restatements:
    """The same for every source: 60 days, 1 per cent."""
    values = {
        "grace_days": 60, "tolerance_percent": 1, "on_excess": on_excess, "reason": "as the test has it",
        "declared_on": date(2026, 1, 1), **more,
    }  # fmt: skip
    return Restatements({s: Declared.model_validate(values) for s in codes()}, frozenset(reviewed))


class Publication:
    """What `compare` reads: one mart, mileage_monthly, and one filing."""

    def __init__(
        self, months: Sequence[Month], edition: str = "2023", issued: date = ISSUED, bound: str = "exact"
    ) -> None:
        self._months, self._edition, self._issued, self._bound = months, edition, issued, bound

    def tables(self) -> dict[str, list[str]]:
        return {name: TABLES[name].columns for name in ("filing", "mileage_monthly")}

    def table(self, name: str, columns: Iterable[str] | None = None) -> pa.Table:
        assert columns is not None
        rows: list[dict[str, Any]] = [
            {
                "operator": operator, "scope": "cadmv_testing_with_driver", "month": month, "distance_km": km,
                "vehicles": 1, "bound": self._bound,
            }
            for operator, month, km in self._months
        ]  # fmt: skip
        if name == "filing":
            rows = [
                {"source": "cadmv_mileage", "filing": f"cadmv_mileage/{self._edition}", "in_force": True,
                 "sha256": self._edition, "original_sha256": None, "issued_on": self._issued}
            ]  # fmt: skip
        return rows_to_table(name, rows).select(list(columns))


def revised(
    before: Sequence[Month], after: Sequence[Month], edition: str = "2023-amended-1", **kwargs: Any
) -> Revisions:
    old, new = kwargs.get("bounds", ("exact", "exact"))
    later = Publication(after, edition, bound=new)
    return compare(Publication(before, bound=old), later, STATEMENTS, kwargs.get("restatements", declared()))


def test_the_figures_that_are_compared_are_columns_of_their_mart_and_none_of_its_key() -> None:
    assert len(compared_marts()) >= 15
    for name, compared in compared_marts().items():
        assert {*compared.values, compared.end, "bound"} <= set(TABLES[name].columns)
        assert not set(compared.values) & set(TABLES[name].key)


def test_a_figure_is_new_changed_or_removed_with_difference_and_per_cent() -> None:
    found = revised(
        [("waymo", MONTH, Decimal(100)), ("bosch", MONTH, Decimal(5))],
        [("waymo", MONTH, Decimal(110)), ("zoox", MONTH, Decimal(7))],
    )
    km = {r.operator: r for r in found.rows if r.column_name == "distance_km"}
    assert {o: r.change for o, r in km.items()} == {"bosch": "removed", "waymo": "changed", "zoox": "new"}
    assert (km["waymo"].old_value, km["waymo"].new_value, km["waymo"].difference) == (
        Decimal(100),
        Decimal(110),
        Decimal(10),
    )
    assert km["waymo"].percent == pytest.approx(10)
    assert km["waymo"].filings == "in: cadmv_mileage/2023-amended-1; out: cadmv_mileage/2023"
    assert (found.arrived, found.gone) == (("cadmv_mileage/2023-amended-1",), ("cadmv_mileage/2023",))
    assert "100 → 110 (+10.00 %)" in km["waymo"].says


@pytest.mark.parametrize(
    ("month", "km", "more", "verdict"),
    [
        (MONTH, 102, {}, "warning"),
        (MONTH, 101, {}, "within"),
        (date(2023, 12, 1), 102, {}, "within"),
        (MONTH, 102, {"tolerance_difference": 2}, "within"),
        (MONTH, 102, {"on_excess": "stop"}, "stop"),
        (MONTH, 102, {"on_excess": "stop", "reviewed": ["cadmv_mileage/2023-amended-1"]}, "reviewed"),
        (MONTH, 102, {"on_excess": "stop", "reviewed": ["cadmv_mileage/2023"]}, "stop"),
    ],
)
def test_a_move_is_judged_by_age_size_and_review(
    month: date, km: int, more: dict[str, Any], verdict: str
) -> None:
    found = revised(
        [("waymo", month, Decimal(100))], [("waymo", month, Decimal(km))], restatements=declared(**more)
    )
    assert [r.verdict for r in found.rows] == [verdict]
    assert len(found.of(STOP)) == (verdict == "stop")


@pytest.mark.parametrize("month", [MONTH, date(2024, 1, 1)])
@pytest.mark.parametrize(
    ("km", "more", "verdict"),
    [
        (98, {}, "stop"),
        (99, {}, "within"),
        (98, {"tolerance_difference": 2}, "within"),
        (None, {}, "stop"),
        (98, {"reviewed": ["cadmv_mileage/2023-amended-1"]}, "reviewed"),
    ],
)
def test_time_excuses_growth_and_no_loss(
    month: date, km: int | None, more: dict[str, Any], verdict: str
) -> None:
    after = [] if km is None else [("waymo", month, Decimal(km))]
    found = revised([("waymo", month, Decimal(100))], after, restatements=declared(**more))
    assert {r.verdict for r in found.rows if r.column_name == "distance_km"} == {verdict}


def test_a_filing_that_a_person_took_out_takes_its_figures_along() -> None:
    before, after = [("waymo", MONTH, Decimal(100))], [("waymo", MONTH, Decimal(10))]
    rules = Restatements(declared().declared, frozenset(), frozenset(["cadmv_mileage/2023"]))
    [row] = revised(before, after, edition="2022", restatements=rules).rows
    assert row.verdict == "reviewed"


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (("at_least", 100), ("exact", 900), "within"),
        (("at_least", 100), ("exact", 90), "stop"),
        (("at_most", 100), ("exact", 10), "within"),
        (("exact", 100), ("exact", 900), "warning"),
    ],
)
def test_a_figure_that_was_open_and_is_completed_has_not_moved(
    old: tuple[str, int], new: tuple[str, int], verdict: str
) -> None:
    found = revised(
        [("waymo", MONTH, Decimal(old[1]))], [("waymo", MONTH, Decimal(new[1]))], bounds=(old[0], new[0])
    )
    assert [r.verdict for r in found.rows if r.column_name == "distance_km"] == [verdict]


def test_what_no_filing_moved_says_so_and_can_be_reviewed_too() -> None:
    pair = [("waymo", MONTH, Decimal(100))], [("waymo", MONTH, Decimal(50))]
    [row] = revised(*pair, edition="2023").rows
    assert row.filings.startswith("no filing")
    [row] = revised(*pair, edition="2023", restatements=declared(reviewed=["no filing"])).rows
    assert row.verdict == "reviewed"


def test_a_mart_that_one_of_the_two_has_not_is_left_out() -> None:
    class Empty(Publication):
        def tables(self) -> dict[str, list[str]]:
            return {}

    month = [("waymo", MONTH, Decimal(1))]
    found = compare(Empty(month), Publication(month), STATEMENTS, declared())
    assert found.rows == ()


months = st.lists(
    st.tuples(
        st.sampled_from(["waymo", "zoox", "bosch"]), st.dates(MONTH, MONTH), st.decimals(0, 9, places=2)
    ),
    unique_by=lambda row: row[0],
)


@given(months, months)
def test_revisions_lead_from_the_one_to_the_other_and_back(before: list[Month], after: list[Month]) -> None:
    forth, back = revised(before, after), revised(after, before)
    km = {o: v for o, _, v in before}
    for row in (r for r in forth.rows if r.column_name == "distance_km"):
        assert row.operator is not None
        assert km.get(row.operator) == row.old_value
        if row.new_value is None:
            del km[row.operator]
        else:
            km[row.operator] = row.new_value
    assert km == {o: v for o, _, v in after}
    opposite = {"new": "removed", "removed": "new", "changed": "changed"}
    assert [(r.figure_key, r.column_name, opposite[r.change]) for r in forth.rows] == [
        (r.figure_key, r.column_name, r.change) for r in back.rows
    ]


@given(months, months, st.randoms())
def test_the_order_of_rows_decides_nothing(before: list[Month], after: list[Month], random: Any) -> None:
    found = revised(before, after)
    random.shuffle(before)
    random.shuffle(after)
    assert revised(before, after) == found


def test_every_source_declares_how_far_its_figures_may_move(tmp_path: Path) -> None:
    folders = {code: packaged("data") / "raw" / code for code in codes()}
    found = load_restatements(folders, tmp_path)
    assert set(found.declared) == set(codes())
    own = tmp_path / "cadmv_mileage"
    own.mkdir()
    (own / "restatements.yml").write_text("grace_days: -1\n", encoding="utf-8")
    with pytest.raises(BadInput, match="grace_days"):
        load_restatements(folders, tmp_path)
