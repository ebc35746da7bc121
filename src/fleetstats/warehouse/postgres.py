"""The warehouse on a PostgreSQL server: built in a schema of its own, audited there, published in one transaction.

Schemas: `fleetstats` is what analysts read; `fleetstats_ledger` is append-only and touched by no rebuild;
`fleetstats_build_*` is where a run builds; `fleetstats_kept_*` are the last publications, to return to.
Published tables keep their identity: rows of changed tables are replaced by DELETE and INSERT, so that views,
grants and open transactions live on (a renamed schema or TRUNCATE would break them).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fleetstats import __version__
from fleetstats.core.errors import BadStatement, ConfigurationError, Locked, shorten
from fleetstats.core.schema.arrow import make_table, rows_to_table
from fleetstats.core.schema.model import Table
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.schema.vocabulary import CHAINED
from fleetstats.warehouse.base import (
    KEPT,
    ROLLED_BACK,
    Ask,
    ReadFrame,
    ReadRows,
    ReadTable,
    State,
    may_wait,
    publication_row,
)

if TYPE_CHECKING:
    import pandas as pd
    import psycopg
    import pyarrow as pa
    from psycopg.sql import Composable

PUBLISHED_SCHEMA = "fleetstats"
LEDGER_SCHEMA = "fleetstats_ledger"
BUILD_PREFIX = "fleetstats_build_"
KEPT_PREFIX = "fleetstats_kept_"
LOADER = "fleetstats_loader"
ANALYST = "fleetstats_analyst"

_LONGEST_QUERY = "60s"
_LOCK = 0x666C656574  # "fleet": one advisory lock for the whole warehouse


def _connect(url: str, *, schema: str | None = None, role: str | None = LOADER) -> psycopg.Connection[Any]:
    """A connection in autocommit mode, as the loader unless told otherwise.

    Raises `ConfigurationError`, never with the password, where the server cannot be reached.
    """
    import psycopg
    from psycopg import sql
    from sqlalchemy.engine import make_url

    parts = make_url(url)
    try:
        connection = psycopg.connect(
            parts.set(drivername="postgresql").render_as_string(hide_password=False),
            autocommit=True,
            connect_timeout=10,
            application_name=f"fleetstats {__version__}",
        )
        if role is not None:
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        path = [sql.Identifier(name) for name in (schema or PUBLISHED_SCHEMA, LEDGER_SCHEMA)]
        connection.execute(sql.SQL("set search_path to {}").format(sql.SQL(", ").join(path)))
    except psycopg.Error as error:
        raise ConfigurationError(
            f"the PostgreSQL server cannot be used: {parts.render_as_string(hide_password=True)}\n"
            f"  found:    {shorten(str(error), 300)}\n"
            "  to do:    check FLEETSTATS_WAREHOUSE_URL and the server; a new server needs: fleetstats init"
        ) from error
    return connection


class PostgresCandidate:
    """The build schema of one run."""

    def __init__(self, url: str, schema: str) -> None:
        self._schema = schema
        self._connection = _connect(url, schema=schema)

    def create(self, tables: Iterable[Table]) -> None:
        """An empty build schema with these tables."""
        from sqlalchemy.dialects import postgresql
        from sqlalchemy.schema import CreateTable, SetColumnComment, SetTableComment

        from fleetstats.warehouse.ddl import metadata

        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        statements = [f"create schema if not exists {self._schema}"]
        for table in metadata(
            t for t in tables if t.kind != "ledger" or t.name in ("filing_account", *CHAINED)
        ).sorted_tables:
            statements.append(str(CreateTable(table).compile(dialect=dialect)))
            statements.append(str(SetTableComment(table).compile(dialect=dialect)))
            statements += [str(SetColumnComment(c).compile(dialect=dialect)) for c in table.columns]
        with self._connection.transaction():
            self._connection.execute(";\n".join(statements).encode())

    def load(self, name: str, table: pa.Table) -> None:
        """COPY the rows of a table."""
        copy_into(self._connection, name, table)

    def insert_select(self, name: str, sql: str) -> int:
        """Fill a table from a query by column name."""
        columns = ", ".join(TABLES[name].columns)
        done = self._connection.execute(
            f"insert into {TABLES[name].name} ({columns}) select {columns} from (\n{sql}\n) as q".encode()  # noqa: S608 - our names
        )
        return done.rowcount

    def select(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query on what has been built so far."""
        import psycopg
        from psycopg.rows import dict_row

        try:
            with self._connection.cursor(row_factory=dict_row) as cursor:
                return cursor.execute(sql.encode()).fetchall()
        except psycopg.Error as error:
            raise BadStatement(
                f"a query on the candidate failed\n  found:    {shorten(str(error), 400)}"
            ) from error

    def close(self) -> None:
        """Let the planner know what was loaded, and disconnect."""
        self._connection.execute("analyze")
        self._connection.close()


def copy_into(connection: psycopg.Connection[Any], name: str, table: pa.Table) -> None:
    """COPY an Arrow table into a database table of the same columns."""
    from psycopg import sql
    from pyarrow import csv

    spec = TABLES[name]
    buffer = io.BytesIO()
    # An empty chunk before others would be written as zero bytes
    whole = table.select(spec.columns).combine_chunks()
    csv.write_csv(whole, buffer, csv.WriteOptions(include_header=False, quoting_style="needed"))
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, spec.columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(buffer.getvalue())


@dataclass(frozen=True)
class PostgresFrames:
    """The tables of one schema."""

    url: str
    schema: str

    @contextmanager
    def open(self) -> Iterator[ReadFrame]:
        """Read tables through one connection."""
        import pandas as pd

        from fleetstats.warehouse.queries import select_for_checks

        with _connect(self.url, schema=self.schema) as connection:

            def read(table: str, wanted: set[str]) -> pd.DataFrame:
                columns = connection.execute(
                    "select attname, format_type(atttypid, null) from pg_attribute "
                    "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
                    [table],
                ).fetchall()
                cursor = connection.execute(select_for_checks(table, columns, wanted).encode())
                return pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description or []])

            yield read


class PostgresWarehouse:
    """A PostgreSQL server, version 15 or newer, on which `fleetstats init` has been run."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def place(self) -> str:
        """The server's address without the password."""
        from sqlalchemy.engine import make_url

        return make_url(self._url).render_as_string(hide_password=True)

    def state(self) -> State | None:
        """What the server says of its current publication."""
        with _connect(self._url) as connection:
            row = connection.execute("select content from state where name = 'current'").fetchone()
        return None if row is None else State(**row[0])

    @contextmanager
    def lock(self) -> Iterator[None]:
        """An advisory lock of the server, released with the connection."""
        with _connect(self._url) as connection:
            row = connection.execute("select pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
            if not row or not row[0]:
                raise Locked(
                    f"another build is running on {self.place}\n"
                    "  to do:    wait until it is done; nothing was changed"
                )
            yield

    def prepare(self) -> None:
        """Drop the build schemas of killed runs."""
        with _connect(self._url) as connection:
            for schema in _schemas(connection, BUILD_PREFIX):
                if may_wait(schema):
                    continue
                connection.execute(f"drop schema {schema} cascade".encode())

    def candidate(self, run_id: str) -> PostgresCandidate:
        """A build schema for the run that holds the lock."""
        return PostgresCandidate(self._url, _schema(BUILD_PREFIX, run_id))

    def frames(self, run_id: str | None = None) -> PostgresFrames:
        """The tables of the build schema, or of what is published."""
        return PostgresFrames(
            self._url, PUBLISHED_SCHEMA if run_id is None else _schema(BUILD_PREFIX, run_id)
        )

    @contextmanager
    def content(self, run_id: str | None = None, *, kept: State | None = None) -> Iterator[ReadRows]:
        """Read from the build schema, a kept schema, or what is published."""
        from fleetstats.warehouse.queries import select_columns

        schema = PUBLISHED_SCHEMA if run_id is None else _schema(BUILD_PREFIX, run_id)
        if kept is not None:
            schema = _schema(KEPT_PREFIX, kept.run_id)
        with _connect(self._url, schema=schema) as connection:
            there = self._columns(connection, schema)

            def read(table: str, columns: Sequence[str]) -> list[tuple[Any, ...]] | None:
                if not set(columns) <= there.get(table, set()):
                    return None
                return connection.execute(select_columns(table, columns).encode()).fetchall()

            yield read

    def record(self, ledger: str, run_id: str, rows: list[dict[str, Any]]) -> None:
        """Append rows to a ledger table; a run's rows are written once."""
        from psycopg import sql

        with _connect(self._url, schema=LEDGER_SCHEMA) as connection, connection.transaction():
            there = connection.execute(
                sql.SQL("select 1 from {} where run_id = %s limit 1").format(sql.Identifier(ledger)), [run_id]
            ).fetchone()
            if there is None and rows:
                copy_into(connection, ledger, rows_to_table(ledger, rows))

    def recorded(self, ledger: str, run_id: str) -> list[dict[str, Any]]:
        """The run's rows of the ledger table."""
        from psycopg import sql

        with _connect(self._url, schema=LEDGER_SCHEMA) as connection:
            cursor = connection.execute(
                sql.SQL("select {} from {} where run_id = %s").format(
                    sql.SQL(", ").join(map(sql.Identifier, TABLES[ledger].columns)), sql.Identifier(ledger)
                ),
                [run_id],
            )
            names = [column.name for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def ledger(self, name: str) -> pa.Table:
        """All rows of a ledger, in the order of its key."""
        import psycopg

        spec = TABLES[name]
        with _connect(self._url, schema=LEDGER_SCHEMA) as connection:
            try:
                rows = connection.execute(
                    f"select {', '.join(spec.columns)} from {spec.name} order by {', '.join(spec.key)}".encode()  # noqa: S608 - our names
                ).fetchall()
            except psycopg.errors.UndefinedTable as error:
                raise ConfigurationError(
                    f"the server has no ledger {name}\n  where:    {self.place}\n"
                    "  to do:    fleetstats init, which brings the ledgers to this version"
                ) from error
        return rows_to_table(name, [dict(zip(spec.columns, row, strict=True)) for row in rows])

    def publish(self, publication: dict[str, Any], state: State) -> None:
        """One transaction: changed tables get the candidate's rows, the ledgers their entries. The build
        schema is kept to return to."""
        from psycopg import sql

        with _connect(self._url) as connection:
            with connection.transaction():
                build = _schema(BUILD_PREFIX, state.run_id)
                self._replace_rows(connection, build, list(state.rows))
                self._append_chained(connection, build, state.run_id)
                self._note(connection, publication, state)
                kept = sql.Identifier(_schema(KEPT_PREFIX, state.run_id))
                connection.execute(
                    sql.SQL("alter schema {} rename to {}").format(sql.Identifier(build), kept)
                )
                connection.execute(
                    sql.SQL("comment on schema {} is {}").format(
                        kept, sql.Literal(json.dumps(state.as_dict()))
                    )
                )
            for old in _schemas(connection, KEPT_PREFIX)[KEPT:]:
                connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(old)))

    @staticmethod
    def _append_chained(connection: psycopg.Connection[Any], build: str, run_id: str) -> None:
        """What the run added goes to the ledgers; the candidate's copy of the whole is not kept."""
        from psycopg import sql

        for name in CHAINED:
            there, columns = sql.Identifier(build, name), TABLES[name].columns
            listed = sql.SQL(", ").join(map(sql.Identifier, columns))
            connection.execute(
                sql.SQL("insert into {} ({}) select {} from {} where run_id = {} order by sequence").format(
                    sql.Identifier(LEDGER_SCHEMA, name), listed, listed, there, sql.Literal(run_id)
                )
            )
            connection.execute(sql.SQL("drop table {}").format(there))

    def _replace_rows(self, connection: psycopg.Connection[Any], source: str, names: list[str]) -> None:
        from psycopg import sql

        published = self._columns(connection, PUBLISHED_SCHEMA)
        for name in sorted(published.keys() - set(names)):
            # A table that this publication does not have keeps its place, and is empty
            connection.execute(sql.SQL("delete from {}").format(sql.Identifier(PUBLISHED_SCHEMA, name)))
        for name in names:
            columns = TABLES[name].columns
            here = sql.Identifier(PUBLISHED_SCHEMA, name)
            there = sql.Identifier(source, name)
            self._same_shape(connection, here, there, published.get(name), columns)
            listed = sql.SQL(", ").join(map(sql.Identifier, columns))
            rows = sql.SQL("select {} from {}")
            old, new = rows.format(listed, here), rows.format(listed, there)
            changed = connection.execute(
                sql.SQL("select exists (({0} except all {1}) union all ({1} except all {0}))").format(
                    old, new
                )
            ).fetchone()
            if changed and changed[0]:
                connection.execute(sql.SQL("delete from {}").format(here))
                connection.execute(sql.SQL("insert into {} ({}) {}").format(here, listed, new))

    @staticmethod
    def _columns(connection: psycopg.Connection[Any], schema: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from information_schema.columns c join information_schema.tables t "
            "using (table_schema, table_name) where table_schema = %s and table_type = 'BASE TABLE'",
            [schema],
        ):
            found.setdefault(table, set()).add(column)
        return found

    @staticmethod
    def _same_shape(
        connection: psycopg.Connection[Any],
        here: Composable,
        there: Composable,
        published: set[str] | None,
        columns: list[str],
    ) -> None:
        """Create a table that is new, add columns that are new; columns that are gone stay, as nulls."""
        from psycopg import sql

        if published is None:
            connection.execute(sql.SQL("create table {} (like {} including comments)").format(here, there))
            connection.execute(sql.SQL("grant select on {} to {}").format(here, sql.Identifier(ANALYST)))
            return
        for column in set(columns) - published:
            kind = connection.execute(
                sql.SQL(
                    "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = {}::regclass "
                    "and attname = {}"
                ).format(sql.Literal(there.as_string(connection)), sql.Literal(column))
            ).fetchone()
            connection.execute(
                sql.SQL("alter table {} add column {} {}").format(
                    here, sql.Identifier(column), sql.SQL(kind[0] if kind else "text")
                )
            )
        for column in published - set(columns):
            connection.execute(
                sql.SQL("alter table {} alter column {} drop not null").format(here, sql.Identifier(column))
            )

    @staticmethod
    def _note(connection: psycopg.Connection[Any], publication: dict[str, Any], state: State) -> None:
        connection.execute(f"set local search_path to {LEDGER_SCHEMA}".encode())
        copy_into(connection, "publication", rows_to_table("publication", [publication]))
        connection.execute(
            "insert into state (name, content) values ('current', %s) "
            "on conflict (name) do update set content = excluded.content",
            [json.dumps(state.as_dict())],
        )

    def discard(self, run_id: str) -> None:
        """Drop the build schema."""
        with _connect(self._url) as connection:
            connection.execute(f"drop schema if exists {_schema(BUILD_PREFIX, run_id)} cascade".encode())

    def kept(self) -> list[State]:
        """The kept publications, as the comments of their schemas say."""
        with _connect(self._url) as connection:
            return [
                State(**json.loads(row[0]))
                for schema in _schemas(connection, KEPT_PREFIX)
                if (
                    row := connection.execute(
                        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s",
                        [schema],
                    ).fetchone()
                )
                and row[0]
            ]

    def rollback(self, to: State, run_id: str, published_at: datetime) -> State:
        """One transaction: changed tables get the rows of the kept schema back."""
        current = self.state()
        state = replace(
            to,
            run_id=run_id,
            published_at=published_at.isoformat(),
            rolled_back_from=None if current is None else current.rolled_back_from or current.fingerprint,
        )
        publication = publication_row(state, published_at, None, __version__, ROLLED_BACK)
        with _connect(self._url) as connection, connection.transaction():
            self._replace_rows(connection, _schema(KEPT_PREFIX, to.run_id), list(to.rows))
            self._note(connection, publication, state)
        return state

    @contextmanager
    def questions(self) -> Iterator[Ask]:
        """One transaction of the analyst role: read-only, of one state, each query with a time limit."""
        import psycopg
        from psycopg import IsolationLevel
        from psycopg.rows import dict_row

        with _connect(self._url, role=ANALYST) as connection:
            connection.execute(f"set statement_timeout = '{_LONGEST_QUERY}'".encode())
            connection.read_only = True
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.autocommit = False

            def ask(sql: str) -> list[dict[str, Any]]:
                try:
                    with connection.cursor(row_factory=dict_row) as cursor:
                        return cursor.execute(sql.encode(), prepare=True).fetchall()
                except psycopg.Error as error:
                    connection.rollback()
                    raise BadStatement(
                        f"the publication could not be asked\n  found:    {shorten(str(error), 400)}"
                    ) from error

            yield ask

    @contextmanager
    def snapshot(self) -> Iterator[ReadTable]:
        """One transaction of the analyst, read-only and repeatable: it sees what was published when it began."""
        import psycopg

        from fleetstats.warehouse.queries import other_version, select_columns

        with _connect(self._url, role=ANALYST) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.autocommit = False
            there = self._columns(connection, PUBLISHED_SCHEMA) | self._columns(connection, LEDGER_SCHEMA)

            def read(table: str) -> pa.Table | None:
                columns = TABLES[table].columns
                if table not in there:
                    return None
                if missing := set(columns) - there[table]:
                    raise other_version(table, f"no column {', '.join(sorted(missing))}")
                rows = connection.execute(select_columns(table, columns).encode()).fetchall()
                values = zip(*rows, strict=True) if rows else ([] for _ in columns)
                return make_table(table, dict(zip(columns, map(list, values), strict=True)))

            yield read

    def query(self, sql: str) -> pa.Table:
        """One statement, as the analyst role, in a read-only transaction."""
        import psycopg
        import pyarrow as pa

        with _connect(self._url, role=ANALYST) as connection:
            connection.read_only = True
            connection.autocommit = False
            try:
                # Prepared statements are single statements
                cursor = connection.execute(sql.encode(), prepare=True)
                names = [column.name for column in cursor.description or []]
                rows = cursor.fetchall() if names else []
            except psycopg.Error as error:
                raise BadStatement(
                    f"the statement failed\n  found:    {shorten(str(error), 400)}\n"
                    "  expected: one SELECT on the published tables"
                ) from error
        return pa.table({name: pa.array([row[i] for row in rows]) for i, name in enumerate(names)})


def _schema(prefix: str, run_id: str) -> str:
    return prefix + run_id.lower().replace("-", "_")


def _schemas(connection: psycopg.Connection[Any], prefix: str) -> list[str]:
    """The schemas whose names begin like this, newest first."""
    rows = connection.execute(
        "select nspname from pg_namespace where starts_with(nspname, %s) order by nspname desc", [prefix]
    ).fetchall()
    return [row[0] for row in rows]
