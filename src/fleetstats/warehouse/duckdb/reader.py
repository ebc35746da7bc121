"""Reads a DuckDB file, and can neither write nor reach other files or a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from fleetstats.core.errors import BadStatement, ConfigurationError, shorten
from fleetstats.warehouse.base import NothingPublished, Parameters
from fleetstats.warehouse.queries import BaseReader, failed

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


@contextmanager
def open_reader(path: Path, time_limit: float | None = None) -> Iterator[DuckdbReader]:
    """Read a file through one connection, which keeps that file also when another is renamed over it.

    Raises `NothingPublished` where there is no file or it is damaged; `ConfigurationError` while it is written to.
    """
    import duckdb

    if not path.exists():
        raise NothingPublished(
            f"nothing has been published yet: there is no {path}\n"
            "  to do:    fleetstats run (for a vintage with --as-of), in this folder or with FLEETSTATS_HOME set"
        )
    try:
        connection = duckdb.connect(
            str(path),
            read_only=True,
            config={"enable_external_access": "false", "lock_configuration": "true"},
        )
    except duckdb.Error as error:
        # A file that cannot be read is replaced by the next build, one that is only in use must not be
        in_use = isinstance(error, duckdb.ConnectionException) or "Could not set lock" in str(error)
        raise (ConfigurationError if in_use else NothingPublished)(
            f"the warehouse cannot be opened: {path}\n  found:    {shorten(str(error))}\n"
            "  to do:    close programs that have it open for writing; if it is damaged, fleetstats run --force"
        ) from error
    with connection:
        yield DuckdbReader(connection, time_limit)


class DuckdbReader(BaseReader):
    """One read-only connection to one file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, time_limit: float | None) -> None:
        self._connection = connection
        self._time_limit = time_limit

    def _columns(self) -> list[tuple[str, str]]:
        return self._connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = current_database() "
            "and schema_name = 'main' order by table_name, column_index"
        ).fetchall()

    def _select(self, sql: str, schema: pa.Schema) -> pa.Table:
        return self._connection.execute(sql).to_arrow_table().cast(schema)

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """The result of one statement, in the database's own words where it fails."""
        import duckdb

        try:
            if len(self._connection.extract_statements(sql)) != 1:
                raise BadStatement(
                    "more or less than one statement\n  expected: one SELECT on the published tables"
                )
            with self._limited():
                result: pa.Table = self._connection.execute(sql, parameters).to_arrow_table()
        except duckdb.Error as error:
            words = str(error).split("\nLINE 1:")[0].strip().replace("\n", "\n            ")
            raise failed(words) from error
        return result

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Interrupt what takes longer than the time limit."""
        if self._time_limit is None:
            yield
            return
        timer = Timer(self._time_limit, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
