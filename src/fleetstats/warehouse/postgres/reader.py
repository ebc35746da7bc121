"""Reads a PostgreSQL server in one read-only transaction, which sees what was there when it began."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from fleetstats.core.errors import Locked
from fleetstats.warehouse.base import NothingPublished, Parameters
from fleetstats.warehouse.checksums import Dialect
from fleetstats.warehouse.postgres.connection import LEDGER_SCHEMA, columns_of, connected, said_of
from fleetstats.warehouse.queries import BaseReader, failed, not_one_select, positional

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa

_BATCH = 20_000
"""Rows that are turned into Python values at a time."""

_DIALECT = Dialect(
    floating="('x' || encode(float8send({column}), 'hex'))::bit(64)::varchar",
    timestamp="(extract(epoch from {column}) * 1000000)::bigint::varchar",
    date="to_char({column}, 'YYYY-MM-DD')",
    half="('x' || {digits})::bit(64)::bigint::numeric",
)

_EXPLAIN = re.compile(r"\s*explain\b\s*(analy[sz]e\s+)?(verbose\s+)?(\([a-z_, ]*\)\s*)?", re.IGNORECASE)
_END = re.compile(r"[;\s]+\Z")
_BOOLEAN = 16
"""The OID of PostgreSQL's boolean, whose text is not what the driver's loader of texts expects."""

_NO_FUNCTION = "42883"

_OF_THE_SERVER = ("08", "57P")
"""The classes of SQLSTATE that say something of the server, and nothing of a statement."""


@contextmanager
def open_reader(
    url: str, searched: Sequence[str], role: str, place: str, time_limit: float | None = None
) -> Iterator[PostgresReader]:
    """Read the tables of these schemas with the rights of `role`.

    Raises `NothingPublished`, with `place` in it, where the first of the schemas has none.
    """
    import psycopg

    with connected(url, path=searched, role=role) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            if not columns_of(connection, searched[:1]):
                raise NothingPublished(
                    f"nothing has been published yet: there is no table in {place}, schema {searched[0]}\n"
                    "  to do:    fleetstats run"
                )
            reader = PostgresReader(connection, searched, url)
            reader.tables()  # not a query of the reader's: its time is our own
            if time_limit is not None:
                limit = f"{round(time_limit * 1000)}ms"
                connection.execute("select set_config('statement_timeout', %s, false)", [limit])
            yield reader


class PostgresReader(BaseReader):
    """One transaction, read-only and repeatable; `url` is that of its server, for messages."""

    dialect = _DIALECT

    def __init__(self, connection: psycopg.Connection[Any], searched: Sequence[str], url: str) -> None:
        self._connection = connection
        self._searched = searched
        self._url = url

    def _columns(self) -> list[tuple[str, str, str]]:
        return columns_of(self._connection, self._searched)

    def _row(self, sql: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self._connection.execute(sql.encode()).fetchall()[0]
        return row

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

        try:
            # A savepoint: without it a failure would end the transaction, and the next would see another state
            with self._connection.transaction(), psycopg.RawCursor(self._connection) as cursor:
                # Prepared statements are single statements
                cursor.execute(*_prepared(sql, parameters), prepare=True)
                names = [column.name for column in cursor.description or []]
                rows = cursor.fetchall() if names else []
        except psycopg.Error as error:
            raise self._failed(error) from error
        return _table(rows, names)

    def ask(self, sql: str) -> pa.Table:
        """The result of one SELECT of a stranger, run by a role that can become no other, and taken back."""
        import psycopg

        try:
            statement = _END.sub("", sql)
            with self._connection.transaction(force_rollback=True):
                explain = _EXPLAIN.match(statement)
                names, kinds = self._one_select(statement[explain.end() :] if explain else statement)
                if explain:
                    rows = self._answered("explanation", statement)
                    return _table(rows, ["QUERY PLAN"])
                rows = self._answered("answer", statement, len(names))
                return _table([self._values(row, kinds) for row in rows], names)
        except UnicodeEncodeError as error:
            raise not_one_select("text that is not UTF-8") from error
        except psycopg.Error as error:
            raise self._failed(error) from error

    def _one_select(self, sql: str) -> tuple[list[str], list[int]]:
        """The names and types of what a statement gives, without running it; `BadStatement` if it is no SELECT."""
        from psycopg.pq import ExecStatus

        server, encoding = self._connection.pgconn, "utf-8"
        if b"\0" in sql.encode(encoding):
            raise not_one_select("a character that no statement can have")
        # A cursor can be declared for a SELECT only, and a prepared statement is a single one
        for prepared in (f"declare asked no scroll cursor for {sql}", sql):
            parsed = server.prepare(b"", prepared.encode(encoding))
            if parsed.status != ExecStatus.COMMAND_OK:
                raise failed(parsed.get_error_message(encoding))
        shape = server.describe_prepared(b"")
        names = [(shape.fname(i) or b"").decode(encoding) for i in range(shape.nfields)]
        if not names:
            raise not_one_select("a statement that gives no column")
        return names, [shape.ftype(i) for i in range(shape.nfields)]

    def _answered(
        self, function: Literal["answer", "explanation"], *arguments: Any
    ) -> list[list[str | None]]:
        call = {
            "answer": "select fleetstats_ledger.answer(%s, %s)",
            "explanation": "select fleetstats_ledger.explanation(%s)",
        }[function]
        return [row[0] for row in self._connection.execute(call.encode(), arguments).fetchall()]

    def _values(self, row: list[str | None], kinds: list[int]) -> tuple[Any, ...]:
        return tuple(
            None if text is None else self._value(text, kind) for text, kind in zip(row, kinds, strict=True)
        )

    def _value(self, text: str, kind: int) -> Any:
        """A value from its text; the text itself where Python has no such value, as of an infinite day."""
        import psycopg
        from psycopg.pq import Format

        if kind == _BOOLEAN:
            return text == "true"
        try:
            return self._texts.get_loader(kind, Format.TEXT).load(text.encode())
        except psycopg.DataError:
            return text

    @cached_property
    def _texts(self) -> Any:
        from psycopg.adapt import Transformer

        return Transformer(self._connection)

    def _failed(self, error: psycopg.Error) -> Exception:
        """What to say of a statement that failed: the server's own words, but where the server has gone."""
        state = error.sqlstate or ""
        gone = state.startswith(_OF_THE_SERVER) or self._connection.closed
        gone = gone or (state == _NO_FUNCTION and LEDGER_SCHEMA in str(error))
        said = said_of(self._url, error)
        return said if gone or isinstance(said, Locked) else failed(str(error))


def _table(rows: Sequence[Sequence[Any]], names: list[str]) -> pa.Table:
    import pyarrow as pa

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
