"""What the field dictionary says of a table is expected of it, and found where it does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.model import DECIMALS, Field, Table
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.units import mi_to_km
from fleetstats.quality.auditor import audit
from fleetstats.quality.derived import COLUMN_SET, KILOMETRES, NOT_NULL, converted, derived
from fleetstats.quality.expectations import Result

BOTH = [table.name for table in TABLES.values() if converted(table)]


class Held:
    """Tables as a reader gives them."""

    def __init__(self, **tables: pa.Table) -> None:
        self._tables = tables

    def tables(self) -> Mapping[str, Sequence[str]]:
        return {name: table.column_names for name, table in self._tables.items()}

    def table(self, name: str, columns: Iterable[str] | None = None) -> pa.Table:
        table = self._tables[name]
        return table if columns is None else table.select(list(columns))


def value_of(field: Field, number: int) -> Any:
    if field.values:
        return field.values[0]
    if field.type == "text":
        return f"{field.name} {number}"
    if field.type == "date":
        return date(2024, 1, number)
    if field.type == "timestamp":
        return datetime(2024, 1, number, tzinfo=UTC)
    if field.type == "boolean":
        return True
    return Decimal(number) if field.type in DECIMALS else number


def rows_of(table: Table, miles: Decimal = Decimal("1049.54")) -> list[dict[str, Any]]:
    """Two rows that are as the dictionary says."""
    rows = [{field.name: value_of(field, number) for field in table.fields} for number in (1, 2)]
    for row in rows:
        for mi, km in converted(table):
            row[mi], row[km] = miles, mi_to_km(miles)
    return rows


def failed(table: str, rows: list[dict[str, Any]]) -> list[Result]:
    results = audit(Held(**{table: rows_to_table(table, rows)}), {table: derived(TABLES[table])})
    return [result for result in results if not result.success]


@pytest.mark.parametrize("table", sorted(TABLES))
def test_rows_as_the_dictionary_says_meet_all_that_follows_from_it(table: str) -> None:
    assert failed(table, rows_of(TABLES[table])) == []


def test_there_are_tables_with_miles_and_kilometres() -> None:
    assert {"cadmv_mileage_month", "cadmv_mileage_filer", "mileage_monthly", "mileage_report_year"} <= set(
        BOTH
    )


@pytest.mark.parametrize("table", BOTH)
def test_a_wrong_kilometre_is_found_in_each_table_that_has_the_miles_too(table: str) -> None:
    for mi, km in converted(TABLES[table]):
        for wrong in (Decimal("1e-9"), Decimal(1000)):
            rows = rows_of(TABLES[table])
            rows[1][km] += wrong
            [found] = failed(table, rows)
            assert (found.expectation, found.severity) == (KILOMETRES, "critical")
            assert (mi in found.arguments, km in found.arguments) == (True, True)
            assert '"count": 1' in (found.observed or "")


@given(st.decimals(0, Decimal("999999999.999999999"), places=9))
@settings(max_examples=25)
def test_exact_kilometres_are_always_met(miles: Decimal) -> None:
    assert failed("mileage_monthly", rows_of(TABLES["mileage_monthly"], miles)) == []


def test_kilometres_without_miles_beside_them_are_found() -> None:
    rows = rows_of(TABLES["cadmv_mileage_filer"])
    nullable = next(f for f in TABLES["cadmv_mileage_filer"].fields if f.name == "annual_mi_high")
    assert nullable.nullable
    rows[0]["annual_mi_high"] = None
    assert [result.expectation for result in failed("cadmv_mileage_filer", rows)] == [KILOMETRES]
    rows[0]["annual_km_high"] = None
    assert failed("cadmv_mileage_filer", rows) == []


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("mileage_monthly", "bound", "perhaps"),
        ("mileage_monthly", "vehicles", -1),
        ("mileage_monthly", "distance_km", Decimal(-1)),
        ("orders_quarterly", "orders", Decimal(-1)),
        ("cadmv_event", "location", "in the air"),
        ("disengagement_rate", "km_per_disengagement_low", -0.5),
    ],
)
def test_a_value_beyond_what_the_dictionary_allows_is_found(table: str, column: str, value: Any) -> None:
    rows = rows_of(TABLES[table])
    rows[0][column] = value
    assert column in {result.column_name for result in failed(table, rows)}


def test_a_key_that_is_there_twice_is_found() -> None:
    rows = rows_of(TABLES["mileage_monthly"])
    assert "unique" in failed("mileage_monthly", [rows[0], rows[0]])[0].expectation


def test_a_column_that_nobody_described_is_found() -> None:
    table = rows_to_table("scope", rows_of(TABLES["scope"]))
    held = Held(scope=table.append_column("more", pa.nulls(table.num_rows, pa.string())))
    results = audit(held, {"scope": derived(TABLES["scope"])})
    assert [r.expectation for r in results if not r.success] == [COLUMN_SET]


def test_a_gap_where_none_is_allowed_is_found() -> None:
    expected = {
        e["kwargs"].get("column") for e in derived(TABLES["mileage_monthly"]) if e["type"] == NOT_NULL
    }
    assert {"operator", "scope", "month", "bound"} <= expected
    loose = replace(
        TABLES["mileage_monthly"], fields=(replace(TABLES["mileage_monthly"].fields[0], nullable=True),)
    )
    assert NOT_NULL not in {e["type"] for e in derived(loose)}
