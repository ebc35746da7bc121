"""A DuckDB file that is being built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fleetstats.core.errors import shorten
from fleetstats.core.schema.model import Table
from fleetstats.core.schema.tables import TABLES
from fleetstats.warehouse.base import may_wait
from fleetstats.warehouse.queries import Sql, statement

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_CANDIDATE = ".candidate-"


def candidate_path(folder: Path, run_id: str) -> Path:
    """Where a run builds: in the folder of the publications, so that the rename is atomic."""
    return folder / f"{_CANDIDATE}{run_id}.duckdb"


def discard_candidates(folder: Path) -> None:
    """Remove what builds that were killed have left; only to be called under the lock."""
    for path in folder.glob(f"{_CANDIDATE}*"):
        if not may_wait(path.name):
            path.unlink(missing_ok=True)


def has_abandoned(folder: Path) -> bool:
    """Whether there are candidates that wait for nobody."""
    return any(not may_wait(path.name) for path in folder.glob(f"{_CANDIDATE}*"))


class DuckdbCandidate:
    """A warehouse that is being built. Nobody else can open it until `close`."""

    def __init__(self, path: Path) -> None:
        import duckdb

        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._translated():
            self._connection: duckdb.DuckDBPyConnection = duckdb.connect(str(path))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """A disk that cannot be written is an `OSError`, and memory that is not there a `MemoryError`, as anywhere."""
        import duckdb

        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise MemoryError(shorten(str(error))) from error
        except (duckdb.IOException, duckdb.FatalException) as error:
            raise OSError(None, shorten(str(error)), str(self.path)) from error

    def _execute(self, sql: str, *parameters: str) -> duckdb.DuckDBPyConnection:
        """Run a statement."""
        with self._translated():
            return self._connection.execute(sql, parameters)

    def create(self, tables: Iterable[Table]) -> None:
        """Create tables with their types and comments."""
        from fleetstats.warehouse.ddl import create_statements

        self._execute(";\n".join(["begin", *create_statements(tables), "commit"]))

    def load(self, name: str, table: pa.Table) -> None:
        """Insert the rows of a table of the field dictionary, in the order of its key."""
        self._connection.register("incoming", table)
        self.insert_select(name, "select * from incoming")
        self._connection.unregister("incoming")

    def replace(self, name: str, table: pa.Table) -> None:
        """Put a table of today's shape in the place of one that a file of an earlier version may have in another."""
        self._execute(statement("drop table if exists {table}", table=name))
        self.create([TABLES[name]])
        self.load(name, table)

    def insert_select(self, name: str, sql: str) -> int:
        """Add the rows of a query to a table, by column name; returns how many they are."""
        spec = TABLES[name]
        template = "insert into {table} ({columns}) select {columns} from (\n{query}\n) as q order by {key}"
        inserted = self._execute(
            statement(template, table=name, columns=spec.columns, query=Sql(sql), key=spec.key)
        ).fetchone()
        return int(inserted[0]) if inserted else 0

    def close(self) -> None:
        """Write everything to disk and let go of the file, also where that fails."""
        try:
            self._execute("checkpoint")
        finally:
            self._connection.close()
