"""The warehouse on a real PostgreSQL server, which these tests start themselves, as root or not."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from fleetstats.core.errors import BadArgument, BadInput, BadStatement, ConfigurationError, Locked
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.settings import Settings
from fleetstats.outputs.export.export import export
from fleetstats.outputs.trace.tracer import trace
from fleetstats.pipeline.build import Outcome, run
from fleetstats.pipeline.rollback import rollback
from fleetstats.pipeline.status import state as state_of
from fleetstats.pipeline.status import verify
from fleetstats.pipeline.steps import plan_run
from fleetstats.warehouse.postgres.warehouse import PostgresWarehouse
from fleetstats.warehouse.registry import open_warehouse
from fleetstats.warehouse.setup import prepare_server
from tests.faults.hostile import statements
from tests.homes import OnServer
from tests.postgres_server import Server
from tests.published_file import query


@pytest.fixture(scope="module")
def published(on_server: OnServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Outcome]:
    """A prepared database with one publication in it."""
    assert "role fleetstats_loader created" in on_server.prepared
    return on_server.copy(tmp_path_factory.mktemp("postgres") / "home", "fleet"), on_server.outcome


def ask(settings: Settings, sql: str, *, role: str = "fleetstats_analyst") -> list[tuple[Any, ...]]:
    assert settings.warehouse_url is not None
    dsn = settings.warehouse_url.get_secret_value().replace("+psycopg", "")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"set role {role}".encode())
        connection.execute("set search_path to fleetstats, fleetstats_ledger")
        return connection.execute(sql.encode()).fetchall()


def do(settings: Settings, sql: str, *, role: str) -> None:
    """What somebody does to the server behind our back."""
    assert settings.warehouse_url is not None
    dsn = settings.warehouse_url.get_secret_value().replace("+psycopg", "")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"set role {role}".encode())
        connection.execute(sql.encode())


def test_a_second_init_finds_nothing_to_do(published: tuple[Settings, Outcome]) -> None:
    assert published[0].warehouse_url is not None
    assert prepare_server(published[0].warehouse_url.get_secret_value()) == []


def test_postgresql_and_duckdb_publish_the_same_tables(
    published: tuple[Settings, Outcome], from_digests: tuple[Settings, Outcome]
) -> None:
    assert published[1].publication_id == from_digests[1].publication_id
    assert published[1].rows == from_digests[1].rows
    different = []
    for name in from_digests[1].rows:
        columns = ", ".join(TABLES[name].columns)
        there = [tuple(r) for r in ask(published[0], f"select {columns} from {name}")]
        here = [
            tuple(r.values())
            for r in query(from_digests[0].published, f"select {columns} from {name}").to_pylist()
        ]
        if sorted(map(repr, there)) != sorted(map(repr, here)):
            different.append(name)
    assert different == []


def test_a_trace_on_postgresql_is_that_on_duckdb(
    published: tuple[Settings, Outcome], from_digests: tuple[Settings, Outcome]
) -> None:
    for mart, where in (
        (
            "mileage_quarterly",
            "operator = 'waymo' and quarter like '2022%' and quarter_start > date '2022-05-01'",
        ),
        ("beijing_mileage", "operator = 'baidu' and extract(year from through) = 2022"),
        (
            "disengagement_monthly",
            "operator = 'aimotive' and substring(cast(month as varchar) from 1 for 7) = '2021-12'",
        ),
        (
            "order_forecast",
            "series = 'orders/baidu/public_rides' and model = 'combination' and horizon in (1, 2)",
        ),
        ("forecast_latest", "model = 'combination' and horizon = 1 and level between 0.02 and 0.03"),
        ("claim_review", "claim_number <= 2"),
        ("incident_rate", "operator = 'zoox'"),
        ("coverage", "status like 'counted%'"),
    ):
        there = trace(published[0], mart, where, limit=100)
        here = trace(from_digests[0], mart, where, limit=100)
        assert there.wrong == here.wrong == []
        assert [(c.key, c.column, c.value, c.total) for c in there.cells] == [
            (c.key, c.column, c.value, c.total) for c in here.cells
        ]
        assert [len(c.parts) for c in there.cells] == [len(c.parts) for c in here.cells]
        assert there.filings.keys() == here.filings.keys()


@pytest.mark.parametrize(
    "where",
    ["1=1; drop table fleetstats.filing", "set_config('role', 'postgres', false) = 'x'", "pg_read_file('/x') = ''"],
)  # fmt: skip
def test_a_hostile_condition_does_not_reach_the_server(
    published: tuple[Settings, Outcome], where: str
) -> None:
    with pytest.raises(BadArgument, match="not one expression"):
        trace(published[0], "coverage", where)


def test_what_a_trace_asks_can_neither_write_nor_last(published: tuple[Settings, Outcome]) -> None:
    warehouse = open_warehouse(published[0])
    with warehouse.read(time_limit=60) as reader:
        said = reader.query("select current_user as who, current_setting('transaction_read_only') as reads")
        assert said.to_pylist() == [{"who": "fleetstats_analyst", "reads": "on"}]
        assert reader.query("select current_setting('statement_timeout') as most")["most"].to_pylist() == [
            "1min"
        ]
        with pytest.raises(BadStatement):
            reader.query("create table fleetstats.mine (a int)")
    with warehouse.read(time_limit=0.2) as reader, pytest.raises(BadStatement, match="timeout"):
        reader.query("select pg_sleep(5)")


def test_an_unchanged_night_does_nothing_and_a_forced_one_changes_no_row(
    published: tuple[Settings, Outcome],
) -> None:
    assert run(published[0]).status == "unchanged"
    before = ask(published[0], "select xmin::text, ctid::text from mileage_monthly order by 1, 2")
    assert run(published[0], force=True).status == "published"
    # Rows that are equal are not touched: the same versions of the same rows
    assert ask(published[0], "select xmin::text, ctid::text from mileage_monthly order by 1, 2") == before


def test_every_column_has_its_comment(published: tuple[Settings, Outcome]) -> None:
    rows = ask(
        published[0],
        "select count(*), count(col_description(attrelid, attnum)) from pg_attribute "
        "where attrelid = 'beijing_mileage'::regclass and attnum > 0 and not attisdropped",
    )
    assert rows == [(len(TABLES["beijing_mileage"].columns),) * 2]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from fleetstats.mileage_monthly",
        "create table fleetstats.mine (a int)",
        "insert into fleetstats_ledger.publication select * from fleetstats_ledger.publication",
        "drop table fleetstats.mileage_monthly",
    ],
)
def test_the_analyst_can_only_read(published: tuple[Settings, Outcome], statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(published[0], statement)


def test_the_analyst_cannot_see_where_publications_are_built_and_kept(
    published: tuple[Settings, Outcome],
) -> None:
    [[kept]] = ask(
        published[0],
        "select nspname from pg_namespace where nspname like 'fleetstats_kept_%' limit 1",
        role="fleetstats_loader",
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(published[0], f"select * from {kept}.mileage_monthly")


@pytest.mark.parametrize(
    "action", ["update {} set run_id = 'x'", "delete from {}", "truncate {}", "drop table {}"]
)
@pytest.mark.parametrize("ledger", [t.name for t in tables("ledger")])
def test_the_loader_can_add_to_a_ledger_and_change_nothing_in_it(
    published: tuple[Settings, Outcome], ledger: str, action: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(published[0], action.format(f"fleetstats_ledger.{ledger}"), role="fleetstats_loader")


@pytest.mark.parametrize("action", ["update {} set run_id = 'x'", "delete from {}", "truncate {}"])
@pytest.mark.parametrize("ledger", [t.name for t in tables("ledger")])
def test_a_trigger_refuses_a_change_of_a_ledger_to_whoever_owns_the_server(
    published: tuple[Settings, Outcome], ledger: str, action: str
) -> None:
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="a ledger is only ever added to"):
        ask(published[0], action.format(f"fleetstats_ledger.{ledger}"), role="postgres")


def test_forecasts_become_visible_with_their_publication_and_their_chain_is_verified(
    published: tuple[Settings, Outcome],
) -> None:
    [[rows]] = ask(published[0], "select count(*) from fleetstats_ledger.forecast")
    [[latest]] = ask(published[0], "select count(*) from forecast_latest")
    assert rows >= latest > 1000
    words = "\n".join(verify(published[0], lambda *_: None).words)
    assert f"ledger forecast: {rows:,} rows, chain of hashes whole" in words


def test_the_ledgers_tables_have_the_columns_of_the_field_dictionary(
    published: tuple[Settings, Outcome],
) -> None:
    for table in tables("ledger"):
        rows = ask(
            published[0],
            "select column_name from information_schema.columns where table_schema = 'fleetstats_ledger' "
            f"and table_name = '{table.name}' order by ordinal_position",
        )
        assert [row[0] for row in rows] == table.columns


def test_an_analyst_exports_the_same_bytes_as_from_duckdb(
    server: Server,
    published: tuple[Settings, Outcome],
    from_digests: tuple[Settings, Outcome],
    tmp_path: Path,
) -> None:
    """All but the ledgers, which tell of runs; by somebody who may do nothing but read."""
    with psycopg.connect(server.dsn("fleet"), autocommit=True) as connection:
        connection.execute("create role reader login in role fleetstats_analyst")
    url = make_url(server.url("fleet")).set(username="reader").render_as_string(hide_password=False)
    reader = Settings(home=tmp_path / "nobody", originals=None, warehouse_url=SecretStr(url))
    kinds = "reference,core,finding,mart,lineage,crosscheck"
    for settings, name in ((reader, "server"), (from_digests[0], "file")):
        export(settings, tmp_path / name, "parquet,csv", kinds, progress=lambda *_: None)
    there, here = (
        {
            p.relative_to(folder): p.read_bytes()
            for form in ("csv", "parquet")
            for p in (folder / form).iterdir()
        }
        for folder in (tmp_path / "server", tmp_path / "file")
    )
    assert len(there) > 90
    assert there == here
    assert export(reader, tmp_path / "all", "csv", "all", progress=lambda *_: None).rows["filing_account"] > 0


def test_an_export_sees_one_publication_however_long_it_takes(published: tuple[Settings, Outcome]) -> None:
    warehouse = open_warehouse(published[0])
    row = {
        "run_id": "later", "happened_at": datetime(2024, 1, 1, tzinfo=UTC), "requested_by": "a", "reason": "b",
        "vintage": date(2023, 1, 1), "outcome": "planned", "publication_id": "pub-0",
    }  # fmt: skip
    with warehouse.read() as reader:
        before = reader.table("backfill")
        warehouse.record("backfill", "later", [row])
        assert reader.table("backfill") == before
        with pytest.raises(BadStatement):
            reader.query("select 1 / 0")
        # Also after a statement that failed
        assert reader.table("backfill") == before
    with warehouse.read() as reader:
        assert row in reader.table("backfill").to_pylist()


HARMLESS = re.compile(
    r"select (\* from )?(lo_create|lo_creat|lo_from_bytea|pg_terminate_backend|pg_cancel_backend|txid_current"
    r"|pg_current_xact_id|pg_logical_emit_message|pg_notify|schema_to_xml|database_to_xml|xpath|inet_server_addr"
    r"|pg_walfile_name|pg_get_functiondef|pg_advisory_xact_lock)\(|select 1 --"
)
"""Statements of the list that are one SELECT, and what they do is taken back or concerns this session alone."""


@pytest.mark.parametrize("user", ["postgres", "a_loader", "an_analyst"])
def test_no_hostile_statement_becomes_more_than_the_analyst_or_leaves_anything(
    published: tuple[Settings, Outcome], server: Server, user: str
) -> None:
    """Whoever's login it is: one that may do anything, one that publishes, one that reads."""
    with psycopg.connect(server.dsn("fleet"), autocommit=True) as admin:
        for role, member in (("a_loader", "fleetstats_loader"), ("an_analyst", "fleetstats_analyst")):
            admin.execute(f"drop role if exists {role}".encode())
            admin.execute(f"create role {role} login in role {member}".encode())
    everything = (
        "select (select count(*) from pg_largeobject_metadata), (select count(*) from pg_class), "
        "(select count(*) from pg_proc), (select string_agg(r::text, ',' order by oid) from pg_roles as r), "
        "(select count(*) from fleetstats.source), (select count(*) from pg_db_role_setting)"
    )
    before = ask(published[0], everything, role="postgres")
    url = make_url(server.url("fleet")).set(username=user).render_as_string(hide_password=False)
    warehouse = open_warehouse(published[0].model_copy(update={"warehouse_url": SecretStr(url)}))
    every = statements("postgres")
    assert len(every) == 300
    answered = []
    with warehouse.read(time_limit=60) as reader:
        for sql in every:
            try:
                reader.ask(sql)
                answered.append(sql)
            except BadStatement:
                continue
    assert [sql for sql in answered if not HARMLESS.match(sql)] == []
    assert ask(published[0], everything, role="postgres") == before
    with warehouse.read() as reader:
        assert reader.ask("select current_user as who").to_pylist() == [{"who": "fleetstats_guest"}]


def test_what_an_analyst_asks_comes_in_its_types(published: tuple[Settings, Outcome]) -> None:
    with open_warehouse(published[0]).read() as reader:
        assert reader.ask("select count(*) as n from source").to_pylist() == [{"n": 6}]
        # What a user types is run as it is
        assert reader.ask("select 7 % 4 as n where 'a$x%s' like '%$x%';").to_pylist() == [{"n": 3}]
        assert reader.ask("select 1 as a, 2 as a -- twice").column_names == ["a", "a"]
        [row] = reader.ask(
            "select true as yes, false as no, null as nothing, date '2020-02-01' as day, 1.50::numeric(9,2) as sum, "
            "0.1::float8 as ratio, array[1, 2] as list, int4range(1, 3) as range, 'infinity'::date as never"
        ).to_pylist()
        assert row == {
            "yes": True, "no": False, "nothing": None, "day": date(2020, 2, 1), "sum": Decimal("1.50"),
            "ratio": 0.1, "list": [1, 2], "range": "[1, 3)", "never": "infinity",
        }  # fmt: skip
        same = "select * from mileage_monthly order by operator, scope, month"
        assert reader.ask(same).to_pylist() == reader.query(same).to_pylist()
        assert reader.ask("explain analyze select * from source").num_rows > 1
        with pytest.raises(BadStatement, match="the statement failed"):
            reader.ask("select 1 / 0")
        assert reader.ask("values (1)").num_rows == 1


def test_a_second_build_leaves_with_a_clear_message(published: tuple[Settings, Outcome]) -> None:
    with open_warehouse(published[0]).lock(), pytest.raises(Locked, match="another build is running"):
        run(published[0], force=True)


@pytest.fixture
def history(published: tuple[Settings, Outcome], tmp_path: Path) -> Settings:
    """The same server with another home: its landed filings make other publications."""
    return published[0].model_copy(update={"home": tmp_path})


def _land_figure(settings: Settings, number: int) -> None:
    """Amend the quarterly orders so that every publication differs from the one before."""
    from datetime import date

    from fleetstats.ingest.describe import Offer
    from fleetstats.ingest.land import add

    source = settings.raw / "robotaxi_orders" / "apollo-go" / "figures.csv"
    new = f"ag-058,Apollo Go,,quarter_orders,,,2026Q3,,{1_000_000 + number},orders,exact,medium,,,2026-11-20,A page,,,"
    path = settings.home / "figures.csv"
    path.write_text(source.read_text(encoding="utf-8") + new + "\n", encoding="utf-8")
    add(settings, Offer("robotaxi_orders", path, "apollo-go", None, date(2026, 11, 20)))


def test_views_grants_and_open_transactions_live_through_ten_publications(
    published: tuple[Settings, Outcome], history: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five that are built, four that are returned to, and one more."""
    monkeypatch.setattr("fleetstats.warehouse.postgres.warehouse.KEPT", 4)
    with psycopg.connect(server.dsn("fleet"), autocommit=True) as admin:
        admin.execute("create schema if not exists mine authorization fleetstats_analyst")
        admin.execute("set role fleetstats_analyst")
        admin.execute(
            "create or replace view mine.orders as select quarter, orders from fleetstats.orders_quarterly"
        )
    seen = "select max(orders) filter (where quarter = '2026Q3') from mine.orders"
    long = psycopg.connect(server.dsn("fleet"))
    long.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    in_long = "select count(*), sum(orders) from fleetstats.orders_quarterly"
    first = long.execute(in_long).fetchone()
    for number in range(5):
        _land_figure(history, number)
        assert run(history).status == "published"
        assert ask(history, seen) == [(1_000_000 + number,)]
        # A reader in one transaction sees one publication throughout
        assert long.execute(in_long).fetchone() == first
    # Each of the five differs from the one before in that one figure, its sum, and nothing older
    revised = ask(
        history,
        "select figure_key, new_value, filings from revision where table_name = 'orders_quarterly' order by run_id",
    )
    assert [row[1] for row in revised] == [1_000_000 + number for number in range(5)]
    assert {row[0] for row in revised} == {"operator=baidu, scope=public_rides, quarter=2026Q3"}
    assert (
        revised[1][2] == "in: robotaxi_orders/apollo-go-amended-2; out: robotaxi_orders/apollo-go-amended-1"
    )
    warehouse = open_warehouse(history)
    assert isinstance(warehouse, PostgresWarehouse)
    assert len(warehouse.kept()) == 4

    # Back to the publication before: until inputs change, the night leaves it there
    rollback(history)
    assert ask(history, seen) == [(1_000_003,)]
    # A second step back goes further back, not forward again
    rollback(history)
    assert ask(history, seen) == [(1_000_002,)]
    assert run(history).status == "unchanged"
    assert ask(history, "select event from publication order by published_at desc limit 1") == [
        ("rolled_back",)
    ]
    for place, number in ((3, 1), (1, 3)):
        state = rollback(history, warehouse.kept()[place].publication_id)
        assert state.publication_id == warehouse.kept()[place].publication_id
        assert ask(history, seen) == [(1_000_000 + number,)]
        assert long.execute(in_long).fetchone() == first
    long.close()
    assert run(history).status == "unchanged"
    assert run(history, force=True).status == "published"
    assert ask(history, seen) == [(1_000_004,)]
    assert "with the content" in "\n".join(verify(history, lambda *_: None).words)


@pytest.fixture
def own(on_server: OnServer, tmp_path: Path) -> Settings:
    """A publication in a database of one's own."""
    return on_server.copy(tmp_path / "home")


@pytest.mark.parametrize(
    ("harm", "noticed"),
    [
        ("drop table fleetstats.filing cascade", "filing"),
        ("delete from fleetstats.mileage_monthly where operator = 'waymo'", "mileage_monthly"),
    ],
)
def test_a_publication_that_was_harmed_is_never_up_to_date(own: Settings, harm: str, noticed: str) -> None:
    before = ask(own, "select * from mileage_monthly order by 1, 2, 3")
    do(own, harm, role="fleetstats_loader")
    said = "\n".join(state_of(own).words)
    assert f"damaged     {'the table ' if 'drop' in harm else ''}{noticed}" in said
    with pytest.raises(BadInput, match=noticed):
        verify(own, lambda *_: None)
    outcome = run(own)
    assert outcome.status == "published"
    assert any(noticed in warning for warning in outcome.warnings)
    assert ask(own, "select * from mileage_monthly order by 1, 2, 3") == before
    assert "with the content" in "\n".join(verify(own, lambda *_: None).words)
    assert run(own).status == "unchanged"


def test_a_cell_that_was_changed_is_found_by_verify_and_then_by_every_run(own: Settings) -> None:
    change = "update fleetstats.mileage_monthly set vehicles = vehicles + 1 where operator = 'waymo'"
    do(own, change, role="fleetstats_loader")
    planned = plan_run(own)  # as the nightly DAG does where nothing changed
    assert not planned["current"]
    assert "mileage_monthly" in str(planned["damaged"])
    with pytest.raises(BadInput, match="mileage_monthly"):
        verify(own, lambda *_: None)
    assert run(own).status == "published"
    assert run(own).status == "unchanged"


def test_tables_have_keys_references_comments_and_no_gaps_that_the_dictionary_does_not_allow(
    published: tuple[Settings, Outcome],
) -> None:
    names = [name for name in published[1].rows if name in TABLES]
    keyed = dict(
        ask(
            published[0],
            "select c.relname, k.contype::text from pg_constraint as k inner join pg_class as c on c.oid = k.conrelid "
            "where k.connamespace = 'fleetstats'::regnamespace and k.contype in ('p', 'u')",
        )
    )
    gaps = {
        name: bool({f.name for f in TABLES[name].fields if f.nullable} & set(TABLES[name].key))
        for name in names
    }
    assert keyed == {name: "u" if gaps[name] else "p" for name in names}
    references = ask(
        published[0],
        "select conrelid::regclass::text, confrelid::regclass::text from pg_constraint "
        "where connamespace = 'fleetstats'::regnamespace and contype = 'f'",
    )
    assert {target for _, target in references} >= {"operator", "scope", "filing", "source"}
    assert len(references) > 90
    for schema, wanted in (("fleetstats", names), ("fleetstats_ledger", [t.name for t in tables("ledger")])):
        described = dict(
            ask(
                published[0],
                "select c.relname, obj_description(c.oid, 'pg_class') from pg_class as c "
                f"where c.relnamespace = '{schema}'::regnamespace and c.relkind = 'r'",
            )
        )
        assert {name: described.get(name) for name in wanted} == {n: TABLES[n].describes for n in wanted}
        [[without]] = ask(
            published[0],
            "select count(*) from pg_attribute as a inner join pg_class as c on c.oid = a.attrelid "
            f"where c.relnamespace = '{schema}'::regnamespace and a.attnum > 0 and not a.attisdropped "
            "and c.relkind = 'r' and c.relname not in ('state', 'version', 'build_lock') "
            "and col_description(c.oid, a.attnum) is null",
        )
        assert without == 0, schema
    [[indexed]] = ask(published[0], "select count(*) from pg_indexes where indexname = 'lineage_from_filing_index' "
                                    "or indexname like '%\\_index'")  # fmt: skip
    assert indexed >= 1


def test_a_server_of_the_version_before_is_told_so_before_anything_is_built(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(own, "update fleetstats_ledger.version set version_num = '0005'", role="postgres")
    monkeypatch.setattr(
        "fleetstats.pipeline.build.Build.stage", lambda *_: pytest.fail("it has begun to build")
    )
    with pytest.raises(ConfigurationError, match="schema version 0005") as caught:
        run(own, force=True)
    assert "fleetstats init" in str(caught.value)


def test_an_analyst_holds_up_no_build(own: Settings) -> None:
    assert own.warehouse_url is not None
    dsn = own.warehouse_url.get_secret_value().replace("+psycopg", "")
    with psycopg.connect(dsn) as analyst:
        analyst.execute("set role fleetstats_analyst")
        analyst.execute("select count(*) from fleetstats.mileage_monthly")
        analyst.execute("select pg_advisory_lock(439905248628)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), analyst.transaction():
            analyst.execute("select from fleetstats_ledger.build_lock for update")
        assert run(own, force=True).status == "published"


def test_a_second_build_waits_if_it_is_told_to(own: Settings) -> None:
    with open_warehouse(own).lock():
        began = time.monotonic()
        with pytest.raises(Locked), open_warehouse(own).lock(wait=1):
            pass
        assert time.monotonic() - began >= 1


@pytest.mark.parametrize(
    "address",
    ["postgresql+psycopg://127.0.0.1:1/x?user=u&password=SECRETpw", "postgresql+psycopg://u:SECRETpw@127.0.0.1:1/x",
     "postgresql+psycopg://u:SECRETpw@127.0.0.1:abc/x", "postgresql+psycopg://u:SECRETpw@[::1/x",
     "mysql://u:SECRETpw@h/x", "SECRETpw", "postgresql+psycopg://u:p@h/x?sslpassword=SECRETpw&passfile=SECRETpw"],
)  # fmt: skip
def test_no_part_of_an_address_shows_a_password(tmp_path: Path, address: str) -> None:
    settings = Settings(home=tmp_path, originals=None, warehouse_url=SecretStr(address))
    for use in (lambda: state_of(settings), lambda: run(settings), lambda: prepare_server(address)):
        with pytest.raises(ConfigurationError) as caught:
            use()
        assert "SECRETpw" not in str(caught.value)


def test_a_password_is_in_no_message(server: Server, tmp_path: Path) -> None:
    url = f"postgresql+psycopg://postgres:secret-word@/nowhere?host={server.folder}"
    settings = Settings(home=tmp_path, originals=None, warehouse_url=SecretStr(url))
    assert "secret-word" not in repr(settings)
    with pytest.raises(Exception, match="cannot be used") as caught:
        run(settings)
    assert "secret-word" not in str(caught.value)
