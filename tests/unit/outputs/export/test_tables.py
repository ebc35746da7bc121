"""Tables as files and back: no value is lost, no text is run, and the keys that are declared hold."""

from __future__ import annotations

import csv
import math
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.model import DECIMALS, Field, Table
from fleetstats.core.schema.tables import TABLES
from fleetstats.outputs.export.export import _keys
from fleetstats.outputs.export.tables import (
    SQLITE_FILE,
    Keys,
    Reference,
    SqliteFile,
    read_back,
    sort,
    write_csv,
    write_parquet,
)

NO_KEYS = Keys((), ())
TEXTS = st.text(st.characters(codec="utf-8"), max_size=6) | st.text("=+-@\t\r\n'\",a", max_size=3)


def values(field: Field) -> st.SearchStrategy[Any]:
    if field.type in DECIMALS:
        precision, scale = DECIMALS[field.type]
        digits = st.integers(-(10**precision) + 1, 10**precision - 1)
        found: st.SearchStrategy[Any] = digits.map(lambda n: Decimal(n).scaleb(-scale))
    else:
        found = {
            "text": TEXTS,
            "count": st.integers(0, 2**63 - 1),
            "integer": st.integers(-(2**63), 2**63 - 1),
            "boolean": st.booleans(),
            "date": st.dates(),
            "timestamp": st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
            "ratio": st.floats(allow_nan=False),
        }[field.type]
    return st.none() | found if field.nullable else found


@st.composite
def filled(draw: st.DrawFn) -> tuple[Table, pa.Table]:
    spec = TABLES[
        draw(st.sampled_from(["published_figure", "filing", "check_result", "revision", "publication"]))
    ]
    row = st.fixed_dictionaries({f.name: values(f) for f in spec.fields})
    return spec, rows_to_table(spec.name, draw(st.lists(row, max_size=4)))


def as_rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


@given(filled())
def test_csv_and_parquet_give_every_value_back_and_sqlite_the_nearest_float(
    made: tuple[Table, pa.Table],
) -> None:
    spec, table = made
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for form, write in (("csv", write_csv), ("parquet", write_parquet)):
            (folder / form).mkdir()
            write(table, spec, folder / form / f"{spec.name}.{form}")
        file = SqliteFile(folder / SQLITE_FILE)
        file.add(table, spec, NO_KEYS)
        file.close()
        assert read_back(folder, "csv", spec.name, spec.columns) == as_rows(table)
        assert read_back(folder, "parquet", spec.name, spec.columns) == as_rows(table)
        floats = [
            tuple(float(value) if isinstance(value, Decimal) else value for value in row)
            for row in as_rows(table)
        ]
        assert read_back(folder, "sqlite", spec.name, spec.columns) == floats
        with (folder / "csv" / f"{spec.name}.csv").open(encoding="utf-8", newline="") as lines:
            cells = list(csv.reader(lines))[1:]
        texts = [i for i, f in enumerate(spec.fields) if f.type == "text"]
        assert not [c[i] for c in cells for i in texts if c[i].startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_number_below_zero_stays_a_number_in_csv(tmp_path: Path) -> None:
    row = {
        "filing": "a/b", "subject": "-x", "left_value": Decimal("-1.500"), "right_value": 0, "difference": -2,
        "tolerance": 0, "unexplained": 0,
    }  # fmt: skip
    write_csv(rows_to_table("crosscheck_events", [row]), TABLES["crosscheck_events"], tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()[1] == "a/b,,,'-x,-1.5,0,-2,0,0,"


# As TEXT, '9' would be more than '10', and every text more than every number
def test_sqlite_compares_and_adds_up_distances_as_numbers(tmp_path: Path) -> None:
    spec = TABLES["poisson_limit"]
    rows = [{"events": n, "lower": float(n), "upper": math.pi * n} for n in (9, 10)]
    months = [
        {
            "operator": "a", "scope": "s", "month": datetime(2022, n, 1, tzinfo=UTC).date(), "distance_km": Decimal(n),
            "distance_mi_reported": 0, "vehicles": 1, "vehicles_masked": 0, "bound": "exact", "confidence": "high",
        }
        for n in (9, 10)
    ]  # fmt: skip
    file = SqliteFile(tmp_path / "s.sqlite")
    file.add(rows_to_table("poisson_limit", rows), spec, Keys(("events",), ()))
    file.add(rows_to_table("mileage_monthly", months), TABLES["mileage_monthly"], NO_KEYS)
    file.close()
    with closing(sqlite3.connect(tmp_path / "s.sqlite")) as connection:
        [(greatest, total, over)] = connection.execute(
            "select max(distance_km), sum(distance_km), sum(distance_km > 9.5) from mileage_monthly"
        )
        assert (greatest, total, over) == (10, 19, 1)
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("insert into poisson_limit values (9, 0, 0)")


def test_parquet_says_what_each_column_is(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    spec = TABLES["mileage_monthly"]
    write_parquet(rows_to_table(spec.name, []), spec, tmp_path / "t.parquet")
    field = pq.read_schema(tmp_path / "t.parquet").field("distance_km")
    assert field.type == pa.decimal128(28, 15)
    assert field.metadata[b"unit"] == b"km"
    assert b"kilometres" in field.metadata[b"description"]


def test_rows_are_in_one_order_whatever_order_they_come_in() -> None:
    spec = TABLES["operator_name"]
    rows = [
        {"kind": kind, "value_text": text, "operator": "a", "note": note}
        for kind in ("permit", "name") for text in ("é", "z", "Z", "百") for note in (None, "n")
    ]  # fmt: skip
    first = sort(rows_to_table(spec.name, rows), spec)
    assert sort(rows_to_table(spec.name, rows[::-1]), spec).equals(first)
    assert first["value_text"].to_pylist()[:8:2] == ["Z", "z", "é", "百"]


def names(*pairs: tuple[str, str | None]) -> pa.Table:
    return pa.table({"operator": [p[0] for p in pairs], "kind": [p[1] for p in pairs]})


@pytest.mark.parametrize(
    ("operators", "primary"),
    [(["a", "b"], ("operator",)), (["a", "a"], ()), (["a", None], ())],
)
def test_a_key_is_declared_only_where_it_holds(operators: list[str | None], primary: tuple[str, ...]) -> None:
    chosen = {"operator": pa.table(dict.fromkeys(TABLES["operator"].columns, operators))}
    assert _keys(chosen, TABLES["operator"]).primary == primary


@pytest.mark.parametrize(
    ("used", "found"),
    [(["a", "b", None], True), (["a", "c"], False), ([None], False), ([], False)],
)
def test_a_reference_is_declared_only_where_every_value_is_known(used: list[str | None], found: bool) -> None:
    spec = TABLES["known_gap"]
    text = pa.string()
    chosen = {
        "operator": pa.table({name: pa.array(["a", "b"], text) for name in TABLES["operator"].columns}),
        "known_gap": pa.table({name: pa.array(used, text) for name in spec.columns}),
    }
    expected = (Reference("operator", "operator", "operator"),) if found else ()
    assert _keys(chosen, spec).references == expected
