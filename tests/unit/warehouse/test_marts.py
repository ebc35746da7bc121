"""The SQL: one statement per file that says what a row is, in an order that can be built, on three engines."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from fleetstats.core.errors import BadStatement, ConfigurationError
from fleetstats.core.schema.keys import lineage_key
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.settings import packaged
from fleetstats.sources.registry import codes, sources
from fleetstats.warehouse.dependencies import reads, sources_of, sources_of_tables
from fleetstats.warehouse.lineage import LINEAGE, LINEAGE_GIVES, build_lineage, load_lineage
from fleetstats.warehouse.marts import build_marts, build_order, buildable, load_statements
from fleetstats.warehouse.statements import (
    COVERAGE,
    COVERAGE_GIVES,
    HOLDING,
    INTERMEDIATE,
    composed,
    load_intermediates,
)

SQL = packaged("sql")
FILES = sorted(SQL.rglob("*.sql"))
IDS = [f"{path.parent.name}/{path.stem}" for path in FILES]
LINEAGES = [path for path in FILES if path.parent.name == LINEAGE]
HOLDINGS = [path for path in FILES if path.parent.name == COVERAGE]
SHARED = [path for path in FILES if path.parent.name == INTERMEDIATE]
INTERMEDIATES = {HOLDING, *(path.stem for path in SHARED)}
ENGINES = ("duckdb", "postgres", "spark")


class Recorder:
    """A target that notes what it is given."""

    def __init__(self) -> None:
        self.filled: list[str] = []

    def insert_select(self, name: str, sql: str) -> int:
        self.filled.append(name)
        return len(sql)


FROM = re.compile(r"\b(?:from|join)\s+(?:operator|scope|source|filing)\b")


@pytest.fixture(scope="module")
def statements() -> dict[str, str]:
    return load_statements(SQL)


def core(*, optional: bool) -> set[str]:
    """The tables that a build has before all of its marts."""
    before = tables("reference", "core", "ledger", "finding")
    return {t.name for t in before if optional or not t.optional}


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_file_begins_by_saying_what_a_row_is(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    comment = lines[: next(i for i, line in enumerate(lines) if not line.startswith("--"))]
    assert comment
    assert comment[0].startswith("-- One row per ")
    assert comment[-1].rstrip().endswith(".")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_file_is_one_query_on_every_engine(path: Path, engine: str) -> None:
    found = sqlglot.parse(path.read_text(encoding="utf-8"), dialect=engine)
    assert len(found) == 1
    assert isinstance(found[0], exp.Query)


@pytest.mark.parametrize("path", [path for path in FILES if path not in SHARED], ids=lambda path: path.stem)
def test_a_query_gives_the_columns_of_its_table_in_order(path: Path) -> None:
    found = sqlglot.parse_one(path.read_text(encoding="utf-8"), dialect="duckdb")
    assert isinstance(found, exp.Query)
    if path in HOLDINGS:
        assert found.named_selects == list(COVERAGE_GIVES)
        return
    table = TABLES[path.stem]
    lineage = path in LINEAGES
    assert found.named_selects == ([*lineage_key(table), *LINEAGE_GIVES] if lineage else table.columns)


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_every_table_that_a_query_names_is_in_the_dictionary(path: Path) -> None:
    found = sqlglot.parse_one(path.read_text(encoding="utf-8"), dialect="duckdb")
    own = {cte.alias for cte in found.find_all(exp.CTE)} | INTERMEDIATES
    named = {table.name for table in found.find_all(exp.Table)} - own
    assert named <= set(TABLES)
    # Lineage is filled when all marts are there, and may read its own
    assert path in LINEAGES or path.stem not in named
    assert not own & set(TABLES)
    # What the order is made from is what the query really reads
    text = path.read_text(encoding="utf-8")
    assert named == reads(text) - INTERMEDIATES


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_query_depends_on_nothing_but_its_tables(path: Path) -> None:
    text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8")).lower()
    floats = path not in [*HOLDINGS, *SHARED] and any(
        field.type == "ratio" for field in TABLES[path.stem].fields
    )
    found = set(re.findall(r"\b(now|current_date|current_timestamp|random|limit|float|real|double)\b", text))
    assert found <= ({"double"} if floats and path not in LINEAGES else set())


def test_a_mart_comes_after_all_that_it_reads(statements: dict[str, str]) -> None:
    order = build_order(statements)
    assert sorted(order) == sorted(statements)
    for i, name in enumerate(order):
        assert reads(statements[name]) & statements.keys() <= set(order[:i])


def test_every_mart_and_cross_check_is_filled_from_originals(statements: dict[str, str]) -> None:
    target = Recorder()
    counts = build_marts(target, statements, core(optional=True))
    assert set(counts) == {t.name for t in tables("mart", "crosscheck")}
    assert target.filled == build_order(statements)


def test_from_digests_only_what_reads_vehicles_is_left_out(statements: dict[str, str]) -> None:
    available = core(optional=False)
    assert set(buildable(statements, available)) == set(build_marts(Recorder(), statements, set(available)))
    optional = {t.name for t in tables("mart", "crosscheck") if t.optional}
    assert set(statements) - set(buildable(statements, available)) == optional


def test_what_reads_a_mart_that_is_left_out_is_left_out_too() -> None:
    chain = {
        "mileage_monthly": "select 1 from cadmv_vehicle_month",
        "mileage_quarterly": "select 1 from mileage_monthly",
        "coverage": "select 1 from filing -- never from mileage_monthly",
    }
    target = Recorder()
    assert build_marts(target, chain, {"filing"}) == {"coverage": len(chain["coverage"])}
    assert buildable(chain, {"filing"}) == ["coverage"]
    told: list[str] = []
    build_marts(target, chain, {"filing", "cadmv_vehicle_month"}, told.append)
    assert told.index("mileage_monthly") < told.index("mileage_quarterly")


def test_a_table_named_in_a_comment_or_within_a_longer_name_is_not_read() -> None:
    sql = "-- from filing\nselect known_gap_x from scope -- and operator\n"
    assert reads(sql) == {"scope"}


@pytest.mark.parametrize("change", ["missing", "extra"])
def test_a_file_for_every_table_and_a_table_for_every_file(tmp_path: Path, change: str) -> None:
    folder = shutil.copytree(SQL, tmp_path / "sql")
    if change == "missing":
        (folder / "marts" / "coverage.sql").unlink()
    else:
        shutil.copy(folder / "marts" / "coverage.sql", folder / "crosschecks" / "crosscheck_new.sql")
    with pytest.raises(ConfigurationError, match="coverage" if change == "missing" else "crosscheck_new"):
        load_statements(folder)


@pytest.mark.parametrize("change", ["missing", "extra"])
def test_a_source_with_tables_of_its_own_says_what_it_holds(tmp_path: Path, change: str) -> None:
    folder = shutil.copytree(SQL, tmp_path / "sql")
    holding = folder / COVERAGE / "nhtsa_sgo.sql"
    if change == "missing":
        holding.unlink()
    else:
        shutil.copy(holding, holding.with_stem("market_figures"))
    with pytest.raises(ConfigurationError, match="nhtsa_sgo" if change == "missing" else "market_figures"):
        load_statements(folder)


@pytest.mark.parametrize("engine", ENGINES)
def test_coverage_with_what_every_source_holds_is_one_query(statements: dict[str, str], engine: str) -> None:
    [found] = sqlglot.parse(statements["coverage"], dialect=engine)
    assert isinstance(found, exp.Query)
    assert found.named_selects == TABLES["coverage"].columns
    assert {f"'{path.stem}' as source" for path in HOLDINGS} <= set(
        re.findall(r"'\w+' as source", statements["coverage"])
    )


def test_a_table_that_sources_fill_together_rests_on_those_that_say_so(statements: dict[str, str]) -> None:
    assert sources_of_tables(["record_hash"], statements) == {"nhtsa_sgo"}
    figures = {source.code for source in sources() if "published_figure" in source.fills}
    assert sources_of_tables(["published_figure"], statements) == figures
    assert sources_of("select * from figure_in_force", statements) == figures
    assert sources_of("select source from operator", statements) == set()


def test_whose_a_core_table_is_is_a_source_that_there_is() -> None:
    shared = {name for source in sources() for name in source.fills}
    assert {t.source for t in tables("core") if t.name not in shared} - {None} <= set(codes())
    assert {t.name for t in tables("core") if t.source is None} == {*shared, "rejected_row"}


def test_the_sources_of_a_mart_are_those_behind_all_that_it_reads(statements: dict[str, str]) -> None:
    def behind(mart: str) -> set[str]:
        return sources_of(f"select * from {mart}", statements)

    assert behind("mileage_quarterly") == {"cadmv_mileage"}
    assert behind("disengagement_monthly") == {"cadmv_disengagement"}
    assert behind("beijing_vs_california") == {"cadmv_mileage", "bjrt_mileage"}
    assert behind("orders_cumulative") == {"robotaxi_orders"}
    for mart in tables("mart"):
        assert behind(mart.name)
        assert behind(mart.name) <= set(codes())


@pytest.mark.parametrize("change", ["missing", "extra"])
def test_every_mart_is_led_back_and_no_file_leads_nowhere(tmp_path: Path, change: str) -> None:
    folder = shutil.copytree(SQL, tmp_path / "sql")
    if change == "missing":
        (folder / LINEAGE / "claim_review.sql").unlink()
    else:
        shutil.copy(folder / LINEAGE / "coverage.sql", folder / LINEAGE / "no_mart.sql")
    with pytest.raises(ConfigurationError, match="claim_review" if change == "missing" else "no_mart"):
        load_lineage(folder)


def test_a_lineage_that_reads_lineage_comes_after_it_and_marts_that_are_not_there_are_left_out() -> None:
    class Asked(Recorder):
        def insert_select(self, name: str, sql: str) -> int:
            self.filled.append(sql)
            assert name == LINEAGE
            return len(self.filled) + 2

    target = Asked()
    statements = {
        "coverage": "select 1 from lineage",
        "mileage_monthly": "select 2 from filing",
        "record_change": "select 3",
    }
    assert build_lineage(target, statements, ["coverage", "mileage_monthly"]) == 7
    assert target.filled == [statements["mileage_monthly"], statements["coverage"]]


def test_a_column_with_the_name_of_a_table_is_not_read(statements: dict[str, str]) -> None:
    """A regular expression over words found such columns in 33 of 35 statements."""
    assert reads("select operator, scope from mileage_monthly as source") == {"mileage_monthly"}
    assert reads("with filing as (select 1 as one from scope) select one from filing") == {"scope"}
    assert reads("with filing as (select * from filing) select * from filing") == {"filing"}
    assert reads("select 1 where exists (select 1 from scope) union all select 2 from (select 3 from claim)") == {
        "scope", "claim",
    }  # fmt: skip
    columns = {"operator", "scope", "source", "filing"}
    naming = {name for name, sql in statements.items() if columns & reads(sql)}
    assert naming == {name for name, sql in statements.items() if FROM.search(sql)}
    assert len(naming) < len(statements) / 2


def test_what_is_no_sql_is_said_so() -> None:
    with pytest.raises(BadStatement, match="cannot be read"):
        reads("select from where (")


def test_every_intermediate_is_read_by_several_statements_or_by_another() -> None:
    """What one statement alone selects stands in it."""
    readers = {
        name: [path for path in FILES if name in reads(path.read_text(encoding="utf-8"))]
        for name in INTERMEDIATES
    }
    shared = {name for name, paths in readers.items() if len(paths) > 1 or any(p in SHARED for p in paths)}
    assert shared | {HOLDING} == INTERMEDIATES


@pytest.mark.parametrize("engine", ENGINES)
def test_a_composed_statement_reads_tables_alone_on_every_engine(
    statements: dict[str, str], engine: str
) -> None:
    for name, sql in {**statements, **load_lineage(SQL)}.items():
        assert len(sqlglot.parse(sql, dialect=engine)) == 1
        assert reads(sql) <= TABLES.keys(), name


def test_an_intermediate_comes_before_what_reads_it() -> None:
    shared = {"b": "select x from a", "a": "select 1 as x from scope", "c": "select 2 as x"}
    sql = composed("-- A comment.\nselect x from b", shared)
    assert (
        sql
        == "-- A comment.\nwith a as (\nselect 1 as x from scope\n),\n\nb as (\nselect x from a\n)\n\nselect x from b"
    )
    assert reads(sql) == {"scope"}
    assert composed("with d as (select x from a)\nselect x from d", shared).count("with ") == 1
    assert composed("select 1 from scope", shared) == "select 1 from scope"
    assert HOLDING in load_intermediates([SQL])
