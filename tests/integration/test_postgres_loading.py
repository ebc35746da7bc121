"""Rows on their way to a PostgreSQL server and back: every value arrives as it is, and few rows wait at a time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.model import DECIMALS, TYPES, Field, Table, Type
from fleetstats.core.schema.tables import TABLES
from fleetstats.warehouse.base import NothingPublished
from fleetstats.warehouse.postgres.candidate import append
from fleetstats.warehouse.postgres.warehouse import PostgresWarehouse
from fleetstats.warehouse.setup import prepare_server
from tests.postgres_server import Server

RUN = "20260101T000000000000Z-abcdef"
SCHEMA = "fleetstats_build_20260101t000000000000z_abcdef"
EVERY_TYPE = Table(
    "every_type",
    "core",
    "A column of every type",
    (
        Field("record", "count", "Number of the row"),
        *(Field(f"a_{t}", t, f"A {t}", nullable=True) for t in TYPES),
    ),
    ("record",),
)


def decimals(kind: Type) -> list[Decimal]:
    """The largest and smallest of a type, every power of ten that fits, and numbers of every length."""
    precision, scale = DECIMALS[kind]
    numbers = random.Random(precision)
    whole = [0, 10**precision - 1, *(10**n for n in range(precision))]
    for length in range(1, precision + 1):
        number = numbers.randrange(10 ** (length - 1), 10**length)
        # Also with zeros at its end, which the binary form leaves out
        whole += [number, *(number // 10**cut * 10**cut for cut in (length // 3, length // 2))]
    return [Decimal(f"{sign}{number}e-{scale}") for number in whole for sign in ("", "-")]


COLUMNS: dict[Type, list[Any]] = {
    **{kind: decimals(kind) for kind in DECIMALS},
    "text": ["", " ", "a,b", '"quoted"', "it's", "\\.", "\\N", "\\", "NULL", "a\nb\r\n\tc", "中文🚗", "\x01\x7f",
             "{1,2}", "$a %s", "x" * 100_000],
    "count": [0, 1, 2**63 - 1],
    "integer": [0, -1, 2**63 - 1, -(2**63)],
    "boolean": [True, False],
    "date": [date(1, 1, 1), date(1999, 12, 31), date(2000, 1, 1), date(2024, 2, 29), date(9999, 12, 31)],
    "timestamp": [
        datetime(1, 1, 1, tzinfo=UTC), datetime(1899, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC),
        datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=UTC),
    ],
    "ratio": [0.1, -0.0, 5e-324, 1.7976931348623157e308, float("inf"), 2 / 3],
}  # fmt: skip


@pytest.fixture
def every_value(monkeypatch: pytest.MonkeyPatch) -> pa.Table:
    """A row for each value that is hard, and nulls after the last of a column."""
    monkeypatch.setitem(TABLES, EVERY_TYPE.name, EVERY_TYPE)
    rows = [
        {"record": number, **{f"a_{kind}": value for kind, value in zip(COLUMNS, values, strict=True)}}
        for number, values in enumerate([*zip_longest(*COLUMNS.values()), [None] * len(COLUMNS)])
    ]
    table = rows_to_table(EVERY_TYPE.name, rows)
    # In several pieces, one of them empty
    return pa.concat_tables([table.slice(0, 7), table.slice(7, 0), table.slice(7)])


@pytest.fixture(scope="module")
def warehouse(server: Server) -> PostgresWarehouse:
    """A prepared database in which nothing is published."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute("create database loading")
    prepare_server(server.url("loading"))
    return PostgresWarehouse(server.url("loading"))


@contextmanager
def candidate_of(warehouse: PostgresWarehouse, table: pa.Table) -> Iterator[None]:
    """A closed candidate with one table."""
    candidate = warehouse.candidate(RUN)
    try:
        candidate.create([EVERY_TYPE])
        candidate.load(EVERY_TYPE.name, table)
    finally:
        candidate.close()
    try:
        yield
    finally:
        warehouse.discard(RUN)


@pytest.mark.parametrize("way", ["candidate", "ledger"])
def test_every_value_arrives_as_it_is(
    warehouse: PostgresWarehouse, server: Server, every_value: pa.Table, way: str
) -> None:
    """By both ways in: in bulk into a candidate, and row by row into a ledger, in the transaction of a publication."""
    with candidate_of(warehouse, every_value if way == "candidate" else every_value.slice(0, 0)):
        with psycopg.connect(server.dsn("loading")) as connection:
            connection.execute(f"set search_path to {SCHEMA}".encode())
            if way == "ledger":
                append(connection, EVERY_TYPE.name, every_value)
                connection.commit()
            columns = ", ".join(f"a_{kind}" for kind in COLUMNS)
            found = connection.execute(
                f"select {columns} from every_type order by record".encode()
            ).fetchall()
            expected = [tuple(row[f"a_{kind}"] for kind in COLUMNS) for row in every_value.to_pylist()]
            assert found == expected
            # To the server they are what its own parser makes of them: comparisons and hashes agree
            for kind in DECIMALS:
                column = f"a_{kind}"
                [[strange]] = connection.execute(
                    f"select count(*) from every_type where {column} is distinct from {column}::text::numeric "
                    f"or hash_numeric({column}) <> hash_numeric({column}::text::numeric)".encode()
                ).fetchall()
                assert strange == 0
        with warehouse.read(RUN) as reader:
            assert reader.table(EVERY_TYPE.name).equals(every_value)


def test_many_rows_take_no_more_memory_than_some_thousands(
    warehouse: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TABLES, EVERY_TYPE.name, EVERY_TYPE)
    count, text = 300_000, "x" * 300
    schema = EVERY_TYPE.arrow_schema()
    filled = {"record": pa.array(range(count), pa.int64()), "a_text": pa.repeat(text, count)}
    table = pa.table([filled.get(f.name, pa.nulls(count, f.type)) for f in schema], schema=schema)
    with candidate_of(warehouse, table.slice(0, 10)):
        pass  # what the driver needs once
    before = peak(reset=True)
    with candidate_of(warehouse, table):
        grown = peak() - before
        with warehouse.read(RUN) as reader:
            assert reader.query("select count(*) as n from every_type")["n"].to_pylist() == [count]
    assert grown < 0.5 * count * len(text), (
        f"{grown / 2**20:.0f} MiB for {table.nbytes / 2**20:.0f} MiB of rows"
    )


def peak(*, reset: bool = False) -> int:
    """The most memory that this process has had, in bytes, since it was asked to forget."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def test_what_is_not_there_is_nothing_published(warehouse: PostgresWarehouse) -> None:
    for publication in (None, RUN):
        with (
            pytest.raises(NothingPublished, match="nothing has been published yet"),
            warehouse.read(publication),
        ):
            pass


def test_a_table_that_lacks_a_column_was_made_by_another_version(
    warehouse: PostgresWarehouse, server: Server, every_value: pa.Table
) -> None:
    with candidate_of(warehouse, every_value):
        with psycopg.connect(server.dsn("loading"), autocommit=True) as connection:
            connection.execute(f"alter table {SCHEMA}.every_type drop column a_km".encode())
        with warehouse.read(RUN) as reader:
            assert "a_km" not in reader.tables()[EVERY_TYPE.name]
            assert reader.table(EVERY_TYPE.name, ["a_text"]).num_rows == every_value.num_rows
            with pytest.raises(ConfigurationError, match=r"another version of fleetstats\n.*no column a_km"):
                reader.table(EVERY_TYPE.name)
            with pytest.raises(ConfigurationError, match="no such table"):
                reader.table("mileage_monthly")
