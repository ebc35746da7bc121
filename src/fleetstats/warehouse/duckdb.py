"""The warehouse as a DuckDB file: built beside the published one, audited there, renamed over it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats.errors import BadStatement, ConfigurationError, shorten
from fleetstats.schema import TABLES, Table

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_CANDIDATE = ".candidate-"


def candidate_path(published: Path, run_id: str) -> Path:
    """Where a run builds: beside the published file, so that the rename is atomic."""
    return published.with_name(f"{_CANDIDATE}{published.stem}-{run_id}.duckdb")


def discard_candidates(folder: Path) -> None:
    """Remove what builds that were killed have left; only to be called under the lock."""
    for path in folder.glob(f"{_CANDIDATE}*"):
        path.unlink(missing_ok=True)


class Candidate:
    """A warehouse that is being built. Nobody else can open it until `close`."""

    def __init__(self, path: Path) -> None:
        import duckdb

        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection: duckdb.DuckDBPyConnection = duckdb.connect(str(path))

    def _execute(self, statement: str) -> duckdb.DuckDBPyConnection:
        """Run a statement; a disk that cannot be written is an `OSError`, as it is anywhere else."""
        import duckdb

        try:
            return self._connection.execute(statement)
        except (duckdb.IOException, duckdb.FatalException) as error:
            raise OSError(None, shorten(str(error)), str(self.path)) from error

    def create(self, tables: Iterable[Table]) -> None:
        """Create tables with their types and comments."""
        from duckdb_sqlalchemy import Dialect
        from sqlalchemy.schema import CreateTable

        from fleetstats.warehouse.ddl import metadata

        dialect = Dialect()
        statements = []
        for table in metadata(tables).sorted_tables:
            statements.append(str(CreateTable(table).compile(dialect=dialect)))
            statements.append(f"comment on table {table.name} is {_quoted(table.comment)}")
            statements += [
                f"comment on column {table.name}.{column.name} is {_quoted(column.comment)}"
                for column in table.columns
            ]
        self._execute(";\n".join(["begin", *statements, "commit"]))

    def load(self, name: str, table: pa.Table) -> None:
        """Insert the rows of a table of the field dictionary, in the order of its key."""
        spec = TABLES[name]
        self._connection.register("incoming", table)
        self._execute(_insert(spec, "incoming"))
        self._connection.unregister("incoming")

    def insert_select(self, name: str, sql: str) -> int:
        """Fill a table from a query by column name; returns its number of rows."""
        spec = TABLES[name]
        self._execute(_insert(spec, f"(\n{sql}\n)"))
        return self.count(name)

    def count(self, name: str) -> int:
        """Number of rows of a table."""
        row = self._execute(f"select count(*) from {TABLES[name].name}").fetchone()  # noqa: S608
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Write everything to disk and let go of the file, also where that fails."""
        try:
            self._execute("checkpoint")
        finally:
            self._connection.close()


def reopen(path: Path) -> Candidate:
    """Open a closed candidate again, to add the ledgers of its own run."""
    return Candidate(path)


def promote(candidate: Path, published: Path) -> None:
    """Make a candidate the published file in one atomic step: readers see the old one or the new one."""
    descriptor = os.open(candidate, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    candidate.replace(published)
    folder = os.open(published.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a published file, with no access to other files or to a network.

    Raises `ConfigurationError` where nothing has been published yet.
    """
    import duckdb

    if not path.exists():
        raise ConfigurationError(
            f"nothing has been published yet: there is no {path}\n"
            "  to do:    fleetstats run, in this folder or with FLEETSTATS_HOME set to the right one"
        )
    try:
        return duckdb.connect(
            str(path),
            read_only=True,
            config={"enable_external_access": "false", "lock_configuration": "true"},
        )
    except duckdb.Error as error:
        raise ConfigurationError(
            f"the warehouse cannot be opened: {path}\n  found:    {shorten(str(error))}\n"
            "  to do:    close programs that have it open for writing; if it is damaged, fleetstats run --force"
        ) from error


def query(path: Path, sql: str, parameters: list[Any] | None = None) -> pa.Table:
    """The result of one read-only statement against a published file.

    Raises `BadStatement` with the database's own words for a statement that fails.
    """
    import duckdb

    with connect(path) as connection:
        try:
            if len(connection.extract_statements(sql)) != 1:
                raise BadStatement(
                    "more or less than one statement\n  expected: one SELECT on the published tables"
                )
            result: pa.Table = connection.execute(sql, parameters).to_arrow_table()
            return result
        except duckdb.Error as error:
            words = str(error).split("\nLINE 1:")[0].strip().replace("\n", "\n            ")
            raise BadStatement(
                f"the statement failed\n  found:    {words}\n  expected: one SELECT on the published tables\n"
                '  to do:    fleetstats sql "show tables" lists them; docs/data-dictionary.md describes them'
            ) from error


def _insert(spec: Table, source: str) -> str:
    columns = ", ".join(spec.columns)
    return f"insert into {spec.name} ({columns}) select {columns} from {source} as q order by {', '.join(spec.key)}"  # noqa: S608


def _quoted(text: str | None) -> str:
    return "'" + (text or "").replace("'", "''") + "'"
