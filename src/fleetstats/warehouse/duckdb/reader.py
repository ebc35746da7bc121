"""Reads a DuckDB file, and can neither write nor reach other files or a network."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import BadStatement, ConfigurationError, shorten
from fleetstats.warehouse.base import Altered, NothingPublished, Parameters
from fleetstats.warehouse.checksums import Dialect
from fleetstats.warehouse.duckdb.files import logs_beside
from fleetstats.warehouse.queries import BaseReader, failed, not_one_select

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_MEMORY_SHARE = 0.6
"""How much of the machine's memory a query may take: there is no temporary space for it."""

_SETTING = Lock()

_EXPLAIN = re.compile(r"\s*explain\b\s*(analyze\s+|analyse\s+)?(\([a-z_, ]*\)\s*)?", re.IGNORECASE)

_DIALECT = Dialect(
    floating="({column}::bit)::varchar",
    timestamp="epoch_us({column})::varchar",
    date="{column}::varchar",
    half="('0x' || {digits})::ubigint",
)


@contextmanager
def open_reader(path: Path, time_limit: float | None = None) -> Iterator[DuckdbReader]:
    """Read a file through one connection, which keeps that file also when another is renamed over it.

    Raises `NothingPublished` where there is no file or it is damaged; `Altered` where a log lies beside it, which the
    database would apply; `ConfigurationError` while it is written to.
    """
    import duckdb

    if not path.exists():
        raise NothingPublished(
            f"nothing has been published yet: there is no {path}\n"
            "  to do:    fleetstats run (for a vintage with --as-of), in this folder or with FLEETSTATS_HOME set"
        )
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        refuse_logs(path)
        # A file that cannot be read is replaced by the next build, one that is only in use must not be
        in_use = isinstance(error, duckdb.ConnectionException) or "Could not set lock" in str(error)
        raise (ConfigurationError if in_use else NothingPublished)(
            f"the warehouse cannot be opened: {path}\n  found:    {shorten(str(error))}\n"
            "  to do:    close programs that have it open for writing; if it is damaged, fleetstats run --force"
        ) from error
    with connection:
        # Nobody can write one while this is open, so that what is not here now was not applied
        refuse_logs(path)
        _shut(connection)
        yield DuckdbReader(connection, time_limit)


def refuse_logs(path: Path) -> None:
    """Raise `Altered` where a log lies beside a published file."""
    if logs := logs_beside(path):
        raise Altered(
            "another program has written to the published warehouse\n"
            f"  where:    {', '.join(map(str, logs))}\n"
            f"  found:    a log that DuckDB would apply to {path.resolve().name}\n"
            "  expected: nobody to open it for writing\n"
            "  to do:    close that program; fleetstats run builds it anew and removes the log"
        )


def _shut(connection: duckdb.DuckDBPyConnection) -> None:
    """Shut the file system, also for the database itself, and the settings; the order matters.

    Connections of one process to one file share what is set.
    """
    memory = int(_MEMORY_SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with _SETTING:
        if connection.execute("select current_setting('lock_configuration')").fetchall() == [(True,)]:
            return
        for setting in (
            f"memory_limit = '{memory}B'",
            "temp_directory = ''",
            "enable_external_access = false",
            "disabled_filesystems = 'LocalFileSystem'",
            "lock_configuration = true",
        ):
            connection.execute(f"set {setting}")


@contextmanager
def _of_ours() -> Iterator[None]:
    """A statement of ours on tables that are there fails only where the file is not what it was."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise MemoryError(shorten(str(error))) from error
    except duckdb.Error as error:
        raise _cannot_be_read(error) from error


def _cannot_be_read(error: duckdb.Error) -> Altered:
    return Altered(
        f"the published file cannot be read to its end\n  found:    {shorten(str(error), 300)}\n"
        "  to do:    fleetstats run --force, which builds it anew"
    )


class DuckdbReader(BaseReader):
    """One read-only connection to one file."""

    dialect = _DIALECT

    def __init__(self, connection: duckdb.DuckDBPyConnection, time_limit: float | None) -> None:
        self._connection = connection
        self._time_limit = time_limit

    def _columns(self) -> list[tuple[str, str, str]]:
        with _of_ours():
            return self._connection.execute(
                "select table_name, column_name, data_type from duckdb_columns() where "
                "database_name = current_database() and schema_name = 'main' order by table_name, column_index"
            ).fetchall()

    def _row(self, sql: str) -> tuple[Any, ...]:
        with _of_ours():
            row: tuple[Any, ...] = self._connection.execute(sql).fetchall()[0]
        return row

    def _select(self, sql: str, schema: pa.Schema) -> pa.Table:
        with _of_ours():
            return self._connection.execute(sql).to_arrow_table().cast(schema)

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """The result of one statement, in the database's own words where it fails."""
        import duckdb

        try:
            with self._limited():
                result: pa.Table = self._connection.execute(sql, parameters).to_arrow_table()
        except duckdb.Error as error:
            raise self._failed(error) from error
        return result

    def ask(self, sql: str) -> pa.Table:
        """The result of one SELECT, as DuckDB itself classifies it."""
        import duckdb

        try:
            sql.encode()
            self._refuse_all_but_one_select(sql)
        except UnicodeEncodeError as error:
            raise not_one_select("text that is not UTF-8") from error
        except duckdb.Error as error:
            raise self._failed(error) from error
        return self.query(sql)

    def _refuse_all_but_one_select(self, sql: str) -> None:
        import duckdb

        kinds = [one.type for one in self._connection.extract_statements(sql)]
        if kinds == [duckdb.StatementType.EXPLAIN] and (explain := _EXPLAIN.match(sql)):
            # What is explained may be run as well: it has to be a SELECT by itself
            kinds = [one.type for one in self._connection.extract_statements(sql[explain.end() :])]
        if kinds != [duckdb.StatementType.SELECT]:
            found = ", ".join(kind.name for kind in kinds) or "no statement"
            raise not_one_select(shorten(found))

    def _failed(self, error: duckdb.Error) -> BadStatement | Altered:
        import duckdb

        if isinstance(error, duckdb.IOException | duckdb.FatalException):
            return _cannot_be_read(error)

        words = str(error).split("\nLINE 1:")[0].strip()
        if isinstance(error, duckdb.InterruptException) and self._time_limit is not None:
            words = f"it took longer than {self._time_limit:g} seconds"
        return failed(words)

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
