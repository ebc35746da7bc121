"""Reads a PostgreSQL server in one read-only transaction, which sees what was there when it began."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import shorten
from fleetstats.warehouse.base import NothingPublished, Parameters
from fleetstats.warehouse.postgres.connection import columns_of, connect
from fleetstats.warehouse.queries import BaseReader, failed, positional

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa

_BATCH = 20_000
"""Rows that are turned into Python values at a time."""


@contextmanager
def open_reader(
    url: str, searched: Sequence[str], role: str, place: str, time_limit: float | None = None
) -> Iterator[PostgresReader]:
    """Read the tables of these schemas with the rights of `role`.

    Raises `NothingPublished`, with `place` in it, where the first of the schemas has none.
    """
    import psycopg

    with connect(url, path=searched, role=role) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            if not columns_of(connection, searched[:1]):
                raise NothingPublished(
                    f"nothing has been published yet: there is no table in {place}, schema {searched[0]}\n"
                    "  to do:    fleetstats run"
                )
            reader = PostgresReader(connection, searched)
            reader.tables()  # not a query of the reader's: its time is our own
            if time_limit is not None:
                limit = f"{round(time_limit * 1000)}ms"
                connection.execute("select set_config('statement_timeout', %s, false)", [limit])
            yield reader


class PostgresReader(BaseReader):
    """One transaction, read-only and repeatable."""

    def __init__(self, connection: psycopg.Connection[Any], searched: Sequence[str]) -> None:
        self._connection = connection
        self._searched = searched

    def _columns(self) -> list[tuple[str, str]]:
        return columns_of(self._connection, self._searched)

    def _select(self, sql: str, schema: pa.Schema) -> pa.Table:
        import pyarrow as pa

        cursor = self._connection.execute(sql.encode())
        batches = []
        while rows := cursor.fetchmany(_BATCH):
            columns = zip(*rows, strict=True)
            arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
            batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        return pa.Table.from_batches(batches, schema)

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """The result of one statement; after one that failed the same publication is read on."""
        import psycopg
        import pyarrow as pa

        try:
            # A savepoint: without it a failure would end the transaction, and the next would see another state
            with self._connection.transaction(), psycopg.RawCursor(self._connection) as cursor:
                # Prepared statements are single statements
                cursor.execute(*_prepared(sql, parameters), prepare=True)
                names = [column.name for column in cursor.description or []]
                rows = cursor.fetchall() if names else []
        except psycopg.Error as error:
            raise failed(shorten(str(error), 400)) from error
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
        return pa.Table.from_arrays([_array(values) for values in columns], names)


def _prepared(sql: str, parameters: Parameters | None) -> tuple[bytes, list[Any] | None]:
    """A statement as it was typed, or with the numbers of its parameters."""
    if not parameters:
        return sql.encode(), None
    numbered, values = positional(sql, parameters)
    return numbered.encode(), values


def _array(values: Sequence[Any]) -> pa.Array:
    """A column in the type that its values have; as texts where Arrow has no such type."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except pa.ArrowException:
        return pa.array([None if value is None else str(value) for value in values])
