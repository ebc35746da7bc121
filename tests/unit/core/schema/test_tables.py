"""The field dictionary: complete, consistent, and the same for every table."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import get_args

import pyarrow as pa
import pytest

from fleetstats.core.schema.arrow import decimals_as_floats, make_table, rows_of, rows_to_table
from fleetstats.core.schema.fields import FIELDS
from fleetstats.core.schema.model import DECIMALS, TYPES, Field, Table, Type, arrow_type
from fleetstats.core.schema.tables import TABLES, tables

KINDS = ("reference", "core", "finding", "ledger", "mart", "lineage", "crosscheck")


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_every_field_is_described_in_a_line_without_a_full_stop(field: Field) -> None:
    assert len(field.description) >= 10 or field.name == "value_text"
    assert field.description == field.description.strip()
    assert not field.description.endswith(".")
    assert "\n" not in field.description
    assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name)


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_a_distance_ends_with_its_unit_or_has_it_before_a_qualifier(field: Field) -> None:
    if field.type not in ("mi", "km"):
        return
    assert field.unit == field.type
    words = field.name.split("_")
    assert field.type in words
    assert set(words[words.index(field.type) + 1 :]) <= {"reported", "cumulative", "high", "low"}


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_what_is_called_a_distance_is_a_decimal(field: Field) -> None:
    words = field.name.split("_")
    if "_per_" in field.name or field.name == "km_high_bound":
        assert field.type in ("text", "ratio")
    elif {"km", "mi"} & set(words):
        assert field.type in DECIMALS


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_a_field_is_used_by_some_table(field: Field) -> None:
    assert any(field.name in table.columns for table in TABLES.values())


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_says_what_a_row_is_and_names_its_key(table: Table) -> None:
    assert table.kind in KINDS
    assert table.describes.endswith(".")
    assert len(table.columns) == len(set(table.columns))
    assert table.key
    assert set(table.key) <= set(table.columns)
    for field in table.fields:
        same = FIELDS[field.name]
        assert (field.type, field.unit, field.description) == (same.type, same.unit, same.description)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_of_figures_carries_its_bound(table: Table) -> None:
    figures = {f.name for f in table.fields if f.type in ("mi", "km", "figure")}
    if table.kind == "mart" and figures:
        assert "bound" in table.columns


@pytest.mark.parametrize("table", tables("core"), ids=lambda table: table.name)
def test_a_fact_names_its_filing(table: Table) -> None:
    assert "filing" in table.columns


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_quantity_that_adds_up_is_a_float(table: Table) -> None:
    schema = table.arrow_schema()
    assert schema.names == table.columns
    for field in table.fields:
        assert schema.field(field.name).type == arrow_type(field.type)
        assert schema.field(field.name).nullable == field.nullable
        if field.type != "ratio":
            assert "double" not in str(schema.field(field.name).type)


def test_tables_are_listed_by_kind_in_order() -> None:
    assert [t.name for t in tables()] == list(TABLES)
    assert {t.kind for t in tables()} == set(KINDS)
    assert [t.kind for t in tables("mart", "core")].count("mart") == len(tables("mart"))


def test_a_table_is_made_only_with_all_of_its_columns() -> None:
    with pytest.raises(KeyError, match="reason"):
        make_table("poisson_limit", {"events": [1], "lower": [0.1], "upper": [0.2], "reason": ["x"]})
    with pytest.raises(KeyError, match="upper"):
        make_table("poisson_limit", {"events": [1], "lower": [0.1]})


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_without_rows_has_its_columns(table: Table) -> None:
    assert rows_to_table(table.name, []).schema == table.arrow_schema()


def test_every_type_has_its_name_in_every_place_and_no_decimal_is_a_float_but_in_sqlite() -> None:
    assert set(TYPES) == set(get_args(Type))
    for kind, kept in TYPES.items():
        assert kept.sql.isupper()
        assert kept.frictionless in ("string", "integer", "boolean", "date", "datetime", "number")
        assert kept.sqlite in ("TEXT", "INTEGER", "REAL")
        if kind in DECIMALS:
            assert kept.sql == "DECIMAL({},{})".format(*DECIMALS[kind])
            assert str(arrow_type(kind)) == "decimal128({}, {})".format(*DECIMALS[kind])


@pytest.mark.parametrize(
    "digits", ["0.1", "-0.1", "170141183460.469231731", "0.000000001", "98765432109876543.210987654", "1632.7"]
)  # fmt: skip
def test_a_decimal_becomes_the_nearest_float(digits: str) -> None:
    table = pa.table({"a": pa.array([Decimal(digits), None], pa.decimal128(28, 9)), "b": ["x", "y"]})
    assert decimals_as_floats(table).to_pydict() == {"a": [float(digits), None], "b": ["x", "y"]}


def test_rows_come_back_as_they_were_given() -> None:
    rows = [{"events": n, "lower": n / 2, "upper": 2.0 * n} for n in range(3)]
    assert list(rows_of(rows_to_table("poisson_limit", rows))) == [tuple(row.values()) for row in rows]
    assert list(rows_of(rows_to_table("poisson_limit", []))) == []
