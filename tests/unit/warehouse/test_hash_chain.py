"""Chained ledgers: a row that is changed, removed, added or moved is found and named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from fleetstats.core.errors import BadInput
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.warehouse import hash_chain as chain

LEDGER = "forecast"


def row(run_id: str, value: float, period: str = "2026Q3") -> dict[str, Any]:
    return {
        "run_id": run_id,
        "publication_id": "pub-1",
        "series": "orders/baidu/public_rides",
        "operator": "baidu",
        "scope": "public_rides",
        "measure": "orders",
        "unit": "order",
        "frequency": "Q",
        "origin": date(2026, 6, 30),
        "model": "drift",
        "horizon": 1,
        "target_period": period,
        "target_end": date(2026, 9, 30),
        "quantity": "increment",
        "output_type": "quantile",
        "level": 0.1,
        "forecast_value": value,
        "inputs_sha256": "a",
        "code_version": "0.1.0",
        "parameters_sha256": "b",
        "seed": 1,
        "made_at": datetime(2026, 11, 24, 4, tzinfo=UTC),
    }


@pytest.fixture
def linked() -> list[dict[str, Any]]:
    """Two runs of three rows."""
    first = chain.chained(LEDGER, [row("1", v) for v in (0.1, 1 / 3, 2.0)], chain.start(LEDGER))
    table = rows_to_table(LEDGER, first)
    return first + chain.chained(LEDGER, [row("2", v) for v in (3.0, 4.0, 5.0)], chain.head(LEDGER, table))


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return rows_to_table(LEDGER, rows)


def test_a_whole_chain_is_followed_to_its_head_in_any_order_of_files(linked: list[dict[str, Any]]) -> None:
    head = chain.check(LEDGER, table(linked), "ledger")
    assert head == chain.head(LEDGER, table(linked))
    assert head.sequence == 6
    assert chain.check(LEDGER, table(linked[3:] + linked[:3]), "ledger") == head
    assert chain.check(LEDGER, table([]), "ledger") == chain.start(LEDGER)


def changed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [r | {"forecast_value": 9.0} if r["sequence"] == 4 else r for r in rows]


def removed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [r for r in rows if r["sequence"] != 4]


def run_removed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [r for r in rows if r["run_id"] != "1"]


def twice(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*rows, rows[3]]


def swapped(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    places = {3: 4, 4: 3}
    return [r | {"sequence": places.get(r["sequence"], r["sequence"])} for r in rows]


def put_between(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    later = [r | {"sequence": r["sequence"] + 1} for r in rows[3:]]
    return [*rows[:3], *chain.chained(LEDGER, [row("9", 7.0)], chain.head(LEDGER, table(rows[:3]))), *later]


@pytest.mark.parametrize(
    ("tamper", "says", "at"),
    [
        (changed, "row 4 is not as it was written", 4),
        (removed, "row 4 is missing", 5),
        (run_removed, "rows 1 to 3 are missing", 4),
        (twice, "row 4 is there twice", 4),
        (swapped, "row 3 is not as it was written", 3),
        (put_between, "row 5 is not as it was written, or does not follow", 5),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_was_done_to_a_ledger_is_found_and_named(
    linked: list[dict[str, Any]],
    tamper: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    says: str,
    at: int,
) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        chain.check(LEDGER, table(tamper(linked)), "ledger/forecast")
    assert f"file ledger/forecast, record {at}" in str(caught.value)
    assert "run_id" in str(caught.value)


def test_a_column_that_comes_later_leaves_the_hashes_as_they_are(linked: list[dict[str, Any]]) -> None:
    assert linked[0].get("imputed") is None
    assert chain.check(LEDGER, table([r | {"imputed": None} for r in linked]), "ledger").sequence == 6
    with pytest.raises(BadInput):
        chain.check(LEDGER, table([r | {"imputed": "2026Q1"} for r in linked]), "ledger")
