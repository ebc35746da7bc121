"""A DuckDB file is read as a publication: in the dictionary's types, with parameters, and without doing harm."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fleetstats.core.errors import BadStatement, ConfigurationError
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.tables import TABLES
from fleetstats.warehouse.base import NothingPublished
from fleetstats.warehouse.duckdb.candidate import DuckdbCandidate
from fleetstats.warehouse.duckdb.reader import open_reader
from fleetstats.warehouse.queries import has
from tests.faults.hostile import statements

MONTHS: list[dict[str, Any]] = [
    {"operator": operator, "scope": "s", "month": date(2023, month, 1), "distance_km": Decimal(f"{month}.{'1' * 15}"),
     "distance_mi_reported": Decimal("0.5"), "vehicles": month, "vehicles_masked": 0, "bound": "exact",
     "confidence": "high"}
    for operator, month in (("zoox", 1), ("waymo", 2), ("waymo", 1))
]  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A closed candidate with one mart."""
    path = tmp_path / "made.duckdb"
    candidate = DuckdbCandidate(path)
    try:
        candidate.create([TABLES["mileage_monthly"]])
        candidate.load("mileage_monthly", rows_to_table("mileage_monthly", MONTHS))
    finally:
        candidate.close()
    return path


def test_a_table_comes_in_the_types_of_the_dictionary_and_the_order_of_its_key(file: Path) -> None:
    with open_reader(file) as reader:
        table = reader.table("mileage_monthly")
        assert table.schema == TABLES["mileage_monthly"].arrow_schema()
        assert [(r["operator"], r["month"].month) for r in table.to_pylist()] == [
            ("waymo", 1), ("waymo", 2), ("zoox", 1),
        ]  # fmt: skip
        assert table["distance_km"][0].as_py() == Decimal("1.111111111111111")
        some = reader.table("mileage_monthly", ["bound", "operator"])
        assert some.column_names == ["bound", "operator"]
        assert some["operator"].to_pylist() == ["waymo", "waymo", "zoox"]


def test_what_is_not_there_is_told_before_it_is_read_and_is_an_error_then(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("alter table mileage_monthly drop column vehicles")
        connection.execute("create table no_table_of_ours (a int)")
    with open_reader(file) as reader:
        assert list(reader.tables()) == ["mileage_monthly"]
        assert "vehicles" not in reader.tables()["mileage_monthly"]
        assert has(reader, "mileage_monthly", ["operator", "bound"])
        assert not has(reader, "mileage_monthly", ["vehicles"])
        assert not has(reader, "mileage_quarterly")
        assert reader.table("mileage_monthly", ["bound"]).num_rows == 3
        for name, columns, found in (
            ("mileage_quarterly", None, "no such table"),
            ("mileage_monthly", ["vehicles"], "no column vehicles"),
            ("mileage_monthly", None, "no column vehicles"),
        ):
            with pytest.raises(ConfigurationError, match=f"another version of fleetstats\n.*{found}"):
                reader.table(name, columns)


def test_values_are_parameters(file: Path) -> None:
    asked = "select month from mileage_monthly where operator = $operator and month <= $until order by 1"
    with open_reader(file) as reader:
        found = reader.query(asked, {"operator": "waymo", "until": date(2023, 1, 31)})
        assert found["month"].to_pylist() == [date(2023, 1, 1)]
        hostile = {"operator": "' or 1 = 1 --", "until": date(2023, 1, 31)}
        assert reader.query(asked, hostile).num_rows == 0


HARMLESS = {
    "from source delete",  # an alias
    "pragma database_size",
    "select write_log('x')",  # into memory, which nobody reads
    "select * from duckdb_temporary_files()",
    "; select 1",
    "show",
}
"""Statements of the list that are one SELECT after all, and do no harm."""


def test_no_hostile_statement_writes_or_reads_a_file_or_ends_the_process(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, folder = file.read_bytes(), sorted(tmp_path.iterdir())
    outside = tmp_path / "outside"
    outside.mkdir()
    monkeypatch.chdir(outside)
    answered = set()
    every = statements("duckdb", file=file, wal=f"{file}.wal", outside=outside / "x")
    assert len(every) > 400
    with open_reader(file, time_limit=20) as reader:
        for sql in every:
            try:
                reader.ask(sql)
                answered.add(sql)
            except BadStatement:
                continue
    assert answered <= HARMLESS
    assert (file.read_bytes(), sorted(tmp_path.iterdir())) == (before, [*folder, outside])
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "sql",
    ["select 1 as one", "with a as (select 1 as one) select * from a", "values (1)", "from mileage_monthly",
     "describe mileage_monthly", "show tables", "summarize mileage_monthly", "explain select 1",
     "EXPLAIN ANALYZE select count(*) from mileage_monthly", "explain (format json) select 1",
     "explain(analyze) select 1", "select 1;",
     "-- a note\nselect 1", "unpivot mileage_monthly on vehicles, vehicles_masked"],
)  # fmt: skip
def test_one_select_in_any_form_is_answered(file: Path, sql: str) -> None:
    with open_reader(file) as reader:
        assert reader.ask(sql).num_rows > 0


def test_text_that_is_no_utf8_is_no_statement(file: Path) -> None:
    with open_reader(file) as reader, pytest.raises(BadStatement, match="UTF-8"):
        reader.ask("select '\udcff'")


def test_a_query_that_takes_too_long_is_ended_and_the_next_is_answered(file: Path) -> None:
    endless = (
        "select count(*) from range(10000000) as a, range(10000000) as b where a.range % 7 = b.range % 5"
    )
    with open_reader(file, time_limit=0.3) as reader:
        with pytest.raises(BadStatement, match=r"longer than 0\.3 seconds"):
            reader.ask(endless)
        assert reader.query("select 1 as one")["one"].to_pylist() == [1]


def test_a_file_that_is_not_there_or_is_damaged_is_nothing_published(tmp_path: Path) -> None:
    with (
        pytest.raises(NothingPublished, match="nothing has been published yet"),
        open_reader(tmp_path / "no.duckdb"),
    ):
        pass
    (tmp_path / "bad.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(NothingPublished, match="cannot be opened"), open_reader(tmp_path / "bad.duckdb"):
        pass


def test_a_file_that_is_being_written_to_is_not_taken_for_nothing(file: Path) -> None:
    with duckdb.connect(str(file)), pytest.raises(ConfigurationError) as caught, open_reader(file):
        pass
    assert not isinstance(caught.value, NothingPublished)


def test_two_readers_of_one_file_are_both_shut(file: Path) -> None:
    with open_reader(file) as first, open_reader(file) as second:
        for reader in (first, second):
            assert reader.table("mileage_monthly").num_rows == 3
            with pytest.raises(BadStatement):
                reader.ask("select * from read_text('/etc/passwd')")


def test_readers_of_many_threads_are_all_shut(file: Path) -> None:
    def read(_: int) -> int:
        with open_reader(file) as reader:
            return int(reader.table("mileage_monthly").num_rows)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(64))) == {3}


def test_a_reader_keeps_the_file_that_it_opened(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("create table mileage_monthly (operator text)")
    with open_reader(file) as reader:
        other.replace(file)
        assert reader.table("mileage_monthly").num_rows == 3
