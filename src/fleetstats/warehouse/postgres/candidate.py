"""The schema of a PostgreSQL server in which a run builds, and how rows get into tables."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fleetstats.core.schema.arrow import rows_of
from fleetstats.core.schema.model import Table
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.schema.vocabulary import CHAINED
from fleetstats.warehouse.postgres.connection import (
    LEDGER_SCHEMA,
    LOADER,
    connected,
    libpq_url,
    said_of,
    translated,
)
from fleetstats.warehouse.queries import Sql, statement

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa

WORDS = {"DOUBLE": "DOUBLE PRECISION"}
"""The types that PostgreSQL calls otherwise than DuckDB."""

_BATCH = 20_000
"""Rows that are on their way to the server at a time."""

_SHOWN = ("filing_account", *CHAINED)
"""The ledgers that a candidate shows with the rows of its own run; marts and checks read them."""


class PostgresCandidate:
    """The build schema of one run."""

    def __init__(self, url: str, schema: str) -> None:
        self._url = url
        self._schema = schema
        self._filled: set[str] = set()
        self._open = ExitStack()
        self._connection = self._open.enter_context(connected(url, path=(schema, LEDGER_SCHEMA)))

    def create(self, tables: Iterable[Table]) -> None:
        """The build schema, unless it is there, with these tables."""
        from fleetstats.warehouse.ddl import create_statements

        wanted = [table for table in tables if table.kind != "ledger" or table.name in _SHOWN]
        schema = statement("create schema if not exists {schema}", schema=self._schema)
        with translated(self._url), self._connection.transaction():
            self._connection.execute(";\n".join([schema, *create_statements(wanted, WORDS)]).encode())

    def load(self, name: str, table: pa.Table) -> None:
        """Copy the rows of a table in binary form, some thousands at a time: decimals stay exact."""
        import pyarrow as pa
        from adbc_driver_manager import Error

        self._filled.add(name)
        rows = table.select(TABLES[name].columns)
        batches = pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches(max_chunksize=_BATCH))
        try:
            with self._bulk_loader.cursor() as cursor:
                cursor.adbc_ingest(name, batches, mode="append", db_schema_name=self._schema)
        except Error as error:
            raise said_of(self._url, error) from error

    @cached_property
    def _bulk_loader(self) -> Any:
        from adbc_driver_postgresql import dbapi

        connection = self._open.enter_context(dbapi.connect(libpq_url(self._url), autocommit=True))
        with connection.cursor() as cursor:
            cursor.execute(str(statement("set role {role}", role=LOADER)))  # the driver takes no subclass
        return connection

    def insert_select(self, name: str, sql: str) -> int:
        """Add the rows of a query to a table, by column name; returns how many they are."""
        template = "insert into {table} ({columns}) select {columns} from (\n{query}\n) as q"
        self._filled.add(name)
        inserted = statement(template, table=name, columns=TABLES[name].columns, query=Sql(sql))
        with translated(self._url):
            return self._connection.execute(inserted.encode()).rowcount

    def close(self) -> None:
        """Let the planner know what was loaded, and disconnect."""
        with translated(self._url), self._open:
            if self._filled and not self._connection.closed:
                names = [f"{self._schema}.{name}" for name in sorted(self._filled)]
                self._connection.execute(statement("analyze {tables}", tables=names).encode())


def append(connection: psycopg.Connection[Any], name: str, table: pa.Table) -> None:
    """Add rows to a ledger within the transaction of a connection."""
    columns = TABLES[name].columns
    copied = statement("copy {table} ({columns}) from stdin", table=name, columns=columns)
    with connection.cursor() as cursor, cursor.copy(copied.encode()) as copy:
        for row in rows_of(table.select(columns)):
            copy.write_row(row)
