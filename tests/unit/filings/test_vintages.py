"""What was known when: the vintage marts and a build of that day agree on every made history of filings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetstats.core.errors import BadInput
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.settings import packaged
from fleetstats.filings.chains import check_chains, in_vintage, superseded
from fleetstats.filings.filing import Filing, Held
from fleetstats.filings.vintages import filing_vintages
from fleetstats.warehouse.core_tables import _filing_table as filing_table
from fleetstats.warehouse.marts import load_statements

DATABASE = duckdb.connect()
STATEMENTS = load_statements(packaged("sql"))
FIRST = date(2024, 1, 1)
MONTHS = (date(2023, 1, 1), date(2023, 2, 1))
OPERATORS = ("waymo", "cruise", "zoox")
QUARTERS = ((date(2023, 1, 1), date(2023, 3, 31), "2023Q1"), (date(2023, 4, 1), date(2023, 6, 30), "2023Q2"))
SCOPE = "cadmv_testing_with_driver"


def filing(
    source: str,
    edition: str,
    issued: date | str,
    supersedes: str | None = None,
    withdrawn: date | None = None,
) -> Held:
    """A filing of which nothing matters but its days and what it replaces."""
    sha256 = hashlib.sha256(f"{source}/{edition}".encode()).hexdigest()
    described = Filing(
        source=source, edition=edition, file="f.csv", publisher="p", title="t", url=None, licence="l",
        period_start=date(2022, 12, 1), period_end=date(2023, 11, 30), issued_on=issued,
        retrieved_on=date(2026, 1, 1), status="transcribed", supersedes=supersedes, sha256=sha256, size=1,
        withdrawn_on=withdrawn,
    )  # fmt: skip
    return Held(described, Path(), Path(__file__), sha256, "transcribed", (sha256,))


@dataclass(frozen=True)
class History:
    """Filings with the miles of each, and figures of two transcriptions."""

    held: tuple[Held, ...]
    miles: tuple[dict[str, Any], ...]
    figures: tuple[dict[str, Any], ...]

    @property
    def days(self) -> list[date]:
        """Every day on which something happens, with the days around it."""
        days = {FIRST}
        for one in self.held:
            days |= {d for d in (one.filing.issued_on, one.filing.withdrawn_on) if isinstance(d, date)}
        days |= {row["issued_on"] for row in self.figures}
        return sorted({day + timedelta(days=n) for day in days for n in (-1, 0, 1)})


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Chains of up to four filings each, in the order of their days but arriving in any order; some on one day,
    some withdrawn. Each filing says something of some operators and months."""
    held: list[Held] = []
    miles: list[dict[str, Any]] = []
    for chain in range(draw(st.integers(1, 3))):
        # A first-time report beside a report year: chains of one scope that add up
        day = FIRST + timedelta(days=draw(st.integers(0, 20)))
        before: str | None = None
        for number in range(draw(st.integers(1, 4))):
            edition = f"{chain}" if number == 0 else f"{chain}-amended-{number}"
            withdrawn = day + timedelta(days=draw(st.integers(0, 30))) if draw(st.booleans()) else None
            held.append(filing("cadmv_mileage", edition, day, before, withdrawn))
            for operator in draw(st.sets(st.sampled_from(OPERATORS))):
                for month in draw(st.sets(st.sampled_from(MONTHS))):
                    km = Decimal(draw(st.integers(0, 9)))
                    miles.append(
                        {
                            "filing": held[-1].filing.id, "operator": operator, "permit": f"AVT{chain}",
                            "scope": SCOPE, "month": month, "distance_mi_reported": km, "distance_km": km,
                            "vehicles": 1, "vehicles_masked": 0, "original_sha256": "0" * 64,
                        }
                    )  # fmt: skip
            before = edition
            day += timedelta(days=draw(st.integers(0, 8)))
    figures = draw(_figures(held))
    return History(tuple(draw(st.permutations(held))), tuple(miles), tuple(figures))


@st.composite
def _figures(draw: st.DrawFn, held: list[Held]) -> list[dict[str, Any]]:
    """Figures of two transcriptions, one of them amended; several for a cell, issued on days of their own."""
    editions = ["a", "a-amended-1", "b"]
    before: dict[str, str | None] = {"a": None, "a-amended-1": "a", "b": None}
    rows: list[dict[str, Any]] = []
    for edition in editions[: draw(st.integers(0, 3))]:
        held.append(filing("robotaxi_orders", edition, "by_row", before[edition]))
        for number in range(draw(st.integers(1, 4))):
            start, end, period = draw(st.sampled_from(QUARTERS))
            empty = draw(st.integers(0, 4)) == 0
            rows.append(
                dict.fromkeys(TABLES["published_figure"].columns)
                | {
                    "figure": f"{edition[0]}-{number}", "source": "robotaxi_orders",
                    "filing": f"robotaxi_orders/{edition}", "record": number + 2, "operator": "waymo",
                    "scope": "public_rides", "measure": "quarter_orders", "period": period,
                    "period_start": start, "period_end": end,
                    "value": None if empty else Decimal(draw(st.integers(0, 9))), "unit": "orders",
                    "bound": "exact", "confidence": draw(st.sampled_from(["high", "medium", "claim"])),
                    "preference": draw(st.integers(0, 2)),
                    "issued_on": FIRST + timedelta(days=draw(st.integers(0, 30))),
                    "issued_on_estimated": False,
                }
            )  # fmt: skip
    return rows


def marts(history: History, as_of: date | None, *names: str) -> list[list[dict[str, Any]]]:
    """Some marts as a build of this day makes them."""
    held = in_vintage(history.held, as_of)
    there = {h.filing.id for h in held}
    figures = [r for r in history.figures if as_of is None or r["issued_on"] <= as_of]
    content = {
        "published_figure": rows_to_table("published_figure", figures),
        "cadmv_mileage_month": rows_to_table(
            "cadmv_mileage_month", [r for r in history.miles if r["filing"] in there]
        ),
    }
    content["filing"] = filing_table(held, content["published_figure"], as_of)
    known = dict(
        zip(content["filing"]["filing"].to_pylist(), content["filing"]["issued_on"].to_pylist(), strict=True)
    )
    content["filing_vintage"] = rows_to_table("filing_vintage", filing_vintages(held, known, as_of))
    for name, table in content.items():
        DATABASE.register(name, table)
    figures_in_force = DATABASE.execute(STATEMENTS["figure_in_force"]).to_arrow_table()
    DATABASE.register("figure_in_force", figures_in_force)
    return [DATABASE.execute(STATEMENTS[name]).to_arrow_table().to_pylist() for name in names]


def on(rows: list[dict[str, Any]], day: date) -> list[dict[str, Any]]:
    """The rows of a vintage mart on one day."""
    return [r for r in rows if r["known_from"] <= day and (r["known_to"] is None or day <= r["known_to"])]


def summed(rows: Sequence[dict[str, Any]]) -> dict[tuple[Any, ...], Decimal]:
    found: dict[tuple[Any, ...], Decimal] = {}
    for row in rows:
        key = (row["operator"], row["scope"], row["month"])
        found[key] = found.get(key, Decimal(0)) + row["distance_km"]
    return found


@settings(max_examples=100)
@given(histories(), st.data())
def test_one_query_for_a_day_agrees_with_the_build_of_that_day(history: History, data: st.DataObject) -> None:
    day = data.draw(st.sampled_from(history.days))
    mileage, orders = marts(history, None, "mileage_vintage", "orders_vintage")
    monthly, quarterly, *then = marts(
        history, day, "mileage_monthly", "orders_quarterly", "mileage_vintage", "orders_vintage"
    )
    # A build of that day says the same of that day as today's build does
    for miles, figures in ((mileage, orders), then):
        believed = [r for r in on(miles, day) if r["state_known"] == "reported"]
        assert summed(believed) == {
            (r["operator"], r["scope"], r["month"]): r["distance_km"] for r in monthly
        }
        known = {
            r["period"]: (r["orders"], r["confidence"]) for r in on(figures, day) if r["orders"] is not None
        }
        assert known == {r["quarter"]: (r["orders"], r["confidence"]) for r in quarterly}


@settings(max_examples=60)
@given(histories())
def test_what_has_been_known_never_goes_without_a_row_that_says_so(history: History) -> None:
    [mileage] = marts(history, None, "mileage_vintage")
    seen: set[tuple[Any, ...]] = set()
    for day in history.days:
        rows = on(mileage, day)
        keys = [(_chain(history, r["filing"]), r["operator"], r["month"]) for r in rows]
        assert len(keys) == len(set(keys))
        assert seen <= set(keys)
        seen |= set(keys)
        assert all((r["distance_km"] is None) == (r["state_known"] == "removed") for r in rows)


def _chain(history: History, name: str) -> str:
    return name.split("/")[1].split("-", maxsplit=1)[0]


@settings(max_examples=60)
@given(histories())
def test_of_a_chain_one_filing_is_in_force_at_a_time(history: History) -> None:
    rows = filing_vintages(history.held, {h.filing.id: _first(h, history) for h in history.held})
    for day in history.days:
        mine = [r for r in rows if r["known_from"] <= day and (r["known_to"] is None or day <= r["known_to"])]
        assert len({r["chain"] for r in mine}) == len(mine)
        held = [h for h in in_vintage(history.held, day) if h.filing.source == "cadmv_mileage"]
        in_force = {h.filing.id for h in held} - superseded(held, day)
        assert {
            r["filing"] for r in mine if r["state_known"] == "in_force" and "mileage" in r["filing"]
        } == in_force


def _first(held: Held, history: History) -> date:
    issued = held.filing.issued_on
    return issued if isinstance(issued, date) else FIRST


def test_the_order_in_which_filings_arrive_decides_nothing() -> None:
    chain = [
        filing("cadmv_mileage", "2023", FIRST),
        filing("cadmv_mileage", "2023-amended-1", FIRST + timedelta(days=5), "2023"),
        filing("cadmv_mileage", "2023-amended-2", FIRST + timedelta(days=5), "2023-amended-1"),
    ]
    known = {h.filing.id: _first(h, History((), (), ())) for h in chain}
    rows = filing_vintages(chain, known)
    assert rows == filing_vintages(chain[::-1], known)
    # Of two on one day the later of the chain counts
    assert [(r["filing"], r["known_from"], r["known_to"]) for r in rows] == [
        ("cadmv_mileage/2023", FIRST, FIRST + timedelta(days=4)),
        ("cadmv_mileage/2023-amended-2", FIRST + timedelta(days=5), None),
    ]


def test_a_withdrawn_amendment_brings_back_what_it_replaced() -> None:
    chain = [
        filing("cadmv_mileage", "2023", FIRST),
        filing(
            "cadmv_mileage", "2023-amended-1", FIRST + timedelta(days=5), "2023", FIRST + timedelta(days=9)
        ),
    ]
    rows = filing_vintages(chain, {h.filing.id: _first(h, History((), (), ())) for h in chain})
    assert [(r["filing"], r["state_known"], r["known_from"].day) for r in rows] == [
        ("cadmv_mileage/2023", "in_force", 1),
        ("cadmv_mileage/2023-amended-1", "in_force", 6),
        ("cadmv_mileage/2023", "in_force", 10),
    ]


def test_a_filing_that_was_issued_before_what_it_replaces_is_refused() -> None:
    chain = [
        filing("cadmv_mileage", "2023", FIRST),
        filing("cadmv_mileage", "2023-amended-1", FIRST - timedelta(days=1), "2023"),
    ]
    with pytest.raises(BadInput, match="issued before the one it supersedes"):
        check_chains(chain)
