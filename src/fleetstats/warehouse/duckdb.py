"""The warehouse as a DuckDB file: built beside the published one, audited there, renamed over it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats import __version__
from fleetstats.core.errors import BadStatement, ConfigurationError, shorten
from fleetstats.core.files import write_atomically
from fleetstats.core.locks import build_lock
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.model import Table
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.schema.vocabulary import CHAINED
from fleetstats.core.settings import Settings
from fleetstats.warehouse import ledger as ledgers
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
    import duckdb
    import pandas as pd
    import pyarrow as pa
from fleetstats.warehouse.queries import other_version, select_columns, select_for_checks

_CANDIDATE = ".candidate-"


def candidate_path(published: Path, run_id: str) -> Path:
    """Where a run builds: beside the published file, so that the rename is atomic."""
    return published.with_name(f"{_CANDIDATE}{published.stem}-{run_id}.duckdb")


def discard_candidates(folder: Path) -> None:
    """Remove what builds that were killed have left; only to be called under the lock."""
    for path in folder.glob(f"{_CANDIDATE}*"):
        if not may_wait(path.name):
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

    def replace(self, name: str, table: pa.Table) -> None:
        """Put other rows in a table."""
        self._execute(f"delete from {TABLES[name].name}")  # noqa: S608 - our names
        self.load(name, table)

    def insert_select(self, name: str, sql: str) -> int:
        """Fill a table from a query by column name; returns its number of rows."""
        spec = TABLES[name]
        self._execute(_insert(spec, f"(\n{sql}\n)"))
        return self.count(name)

    def select(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query on what has been built so far."""
        import duckdb

        try:
            rows: list[dict[str, Any]] = self._connection.execute(sql).to_arrow_table().to_pylist()
        except duckdb.Error as error:
            raise BadStatement(
                f"a query on the candidate failed\n  found:    {shorten(str(error), 400)}"
            ) from error
        return rows

    def has(self, name: str) -> bool:
        """Whether the table is there: a file of an earlier version lacks those that came later."""
        return bool(
            self.select(f"select 1 from information_schema.tables where table_name = {_quoted(name)}")  # noqa: S608 - our names
        )

    def count(self, name: str) -> int:
        """Number of rows of a table."""
        row = self._execute(f"select count(*) from {TABLES[name].name}").fetchone()  # noqa: S608 - our names
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Write everything to disk and let go of the file, also where that fails."""
        try:
            self._execute("checkpoint")
        finally:
            self._connection.close()


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


@dataclass(frozen=True)
class DuckdbFrames:
    """The tables of a DuckDB file."""

    path: Path

    @contextmanager
    def open(self) -> Iterator[ReadFrame]:
        """Read tables through one connection."""
        import duckdb

        with duckdb.connect(str(self.path), read_only=True) as connection:

            def read(table: str, wanted: set[str]) -> pd.DataFrame:
                columns = connection.execute(
                    "select column_name, data_type from information_schema.columns where table_name = ? "
                    "order by ordinal_position",
                    [table],
                ).fetchall()
                frame: pd.DataFrame = (
                    connection.execute(select_for_checks(table, columns, wanted)).to_arrow_table().to_pandas()
                )
                return frame

            yield read


class DuckdbWarehouse:
    """A DuckDB file under the user's home; a vintage has one of its own.

    A note beside the file says what it is, so that an unchanged night opens no database. The ledgers are
    Parquet files, shown by each publication as tables. Kept publications are hard links.
    """

    def __init__(self, settings: Settings, as_of: date | None) -> None:
        self._settings = settings
        self._as_of = as_of
        self._path = settings.vintage(as_of)

    @property
    def place(self) -> str:
        """The path of the published file."""
        return str(self._path)

    def state(self) -> State | None:
        """What the note beside the file says, if it is that file's note."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            stat = self._path.stat()
            if note.pop("file") != [stat.st_size, stat.st_mtime_ns, stat.st_ino]:
                return None
            return State(**note)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @property
    def _note(self) -> Path:
        return self._path.with_suffix(".json")

    @property
    def _archive(self) -> Path:
        return self._settings.warehouse / "publications"

    def lock(self) -> AbstractContextManager[None]:
        """A file lock that its holder's death releases."""
        return build_lock(self._settings.warehouse)

    def prepare(self) -> None:
        """Remove candidates of killed builds; note a publication whose run was killed before it could."""
        discard_candidates(self._path.parent)
        if self._as_of is None and self._path.exists() and self.state() is None:
            self._recover_ledger()

    def _recover_ledger(self) -> None:
        import duckdb

        try:
            with duckdb.connect(str(self._path), read_only=True) as connection:
                rows = (
                    connection.execute("select * from publication order by published_at desc limit 1")
                    .to_arrow_table()
                    .to_pylist()
                )
        except duckdb.Error:
            return  # The build that follows replaces a file that cannot be read
        for row in rows:
            self.record("publication", row["run_id"], [row])
            self._append_chained(self._path, row["run_id"])

    def candidate(self, run_id: str) -> Candidate:
        """A file beside the published one."""
        return Candidate(candidate_path(self._path, run_id))

    def frames(self, run_id: str | None = None) -> DuckdbFrames:
        """The tables of a candidate file, or of the published one."""
        return DuckdbFrames(self._path if run_id is None else candidate_path(self._path, run_id))

    @contextmanager
    def content(self, run_id: str | None = None, *, kept: State | None = None) -> Iterator[ReadRows]:
        """Read from a candidate file, an archived one, or the published one; one that is not there has nothing."""
        import duckdb

        path = self._path if run_id is None else candidate_path(self._path, run_id)
        if kept is not None:
            path = self._archive / f"{kept.run_id}.duckdb"
        if not path.exists():
            yield lambda *_: None
            return
        with duckdb.connect(str(path), read_only=True) as connection:

            def read(table: str, columns: Sequence[str]) -> list[tuple[Any, ...]] | None:
                try:
                    return connection.execute(select_columns(table, columns)).fetchall()
                except (duckdb.CatalogException, duckdb.BinderException):
                    return None

            yield read

    def record(self, ledger: str, run_id: str, rows: list[dict[str, Any]]) -> None:
        """One immutable Parquet file for each run."""
        ledgers.append(self._ledger(ledger), ledger, run_id, rows)

    def ledger(self, name: str) -> pa.Table:
        """All runs of a ledger, oldest first."""
        return ledgers.read(self._ledger(name), name)

    def _ledger(self, name: str) -> Path:
        """A vintage's forecasts were not made on its day, and are kept apart from those that were."""
        return self._settings.ledger_of(self._as_of if name in CHAINED else None)

    def _append_chained(self, path: Path, run_id: str) -> None:
        """Append what a run added to the chained ledgers, as the published file shows it."""
        import duckdb

        with duckdb.connect(str(path), read_only=True) as connection:
            for name in CHAINED:
                try:
                    rows = connection.execute(
                        f"select * from {TABLES[name].name} where run_id = ? order by sequence",  # noqa: S608 - our names
                        [run_id],
                    )
                except duckdb.CatalogException:
                    continue  # A file of a version before these ledgers
                self.record(name, run_id, rows.to_arrow_table().to_pylist())

    def recorded(self, ledger: str, run_id: str) -> list[dict[str, Any]]:
        """The rows of that file."""
        return ledgers.read_run(self._settings.ledger, ledger, run_id)

    def publish(self, publication: dict[str, Any], state: State) -> None:
        """Rename the candidate over the published file."""
        path = candidate_path(self._path, state.run_id)
        # The chained ledgers are there already: their marts were built from them, and audited
        self._show_ledgers(path, publication, [t for t in tables("ledger") if t.name not in CHAINED])
        promote(path, self._path)
        self.record("publication", state.run_id, [publication])
        self._append_chained(self._path, state.run_id)
        self._write_note(state)
        if self._as_of is None:
            self._keep(state)

    def _show_ledgers(self, path: Path, publication: dict[str, Any], shown: list[Table]) -> None:
        import pyarrow as pa

        candidate = Candidate(path)
        try:
            for table in shown:
                rows = self.ledger(table.name)
                if not candidate.has(table.name):
                    candidate.create([table])
                if table.name == "publication":
                    rows = pa.concat_tables([rows, rows_to_table("publication", [publication])])
                candidate.replace(table.name, rows)
        finally:
            candidate.close()

    def _write_note(self, state: State) -> None:
        stat = self._path.stat()
        note = {**state.as_dict(), "file": [stat.st_size, stat.st_mtime_ns, stat.st_ino]}
        write_atomically(self._note, json.dumps(note, ensure_ascii=False).encode())

    def _keep(self, state: State) -> None:
        self._archive.mkdir(parents=True, exist_ok=True)
        file = self._archive / f"{state.run_id}.duckdb"
        file.unlink(missing_ok=True)
        try:
            os.link(self._path, file)
        except OSError:
            shutil.copyfile(self._path, file)
        write_atomically(file.with_suffix(".json"), json.dumps(state.as_dict(), ensure_ascii=False).encode())
        for old in sorted(self._archive.glob("*.duckdb"))[:-KEPT]:
            old.unlink()
            old.with_suffix(".json").unlink(missing_ok=True)

    def discard(self, run_id: str) -> None:
        """Remove a candidate file and what its database left beside it."""
        path = candidate_path(self._path, run_id)
        for leftover in path.parent.glob(f"{path.name}*"):
            leftover.unlink(missing_ok=True)

    def kept(self) -> list[State]:
        """The archived files, newest first."""
        return [
            State(**json.loads(note.read_text(encoding="utf-8")))
            for note in sorted(self._archive.glob("*.json"), reverse=True)
            if note.with_suffix(".duckdb").exists()
        ]

    def rollback(self, to: State, run_id: str, published_at: datetime) -> State:
        """Publish a copy of an archived file, with today's ledgers; the chained ones stay as its marts show them."""
        current = self.state()
        state = replace(
            to,
            run_id=run_id,
            published_at=published_at.isoformat(),
            rolled_back_from=None if current is None else current.rolled_back_from or current.fingerprint,
        )
        path = candidate_path(self._path, run_id)
        shutil.copyfile(self._archive / f"{to.run_id}.duckdb", path)
        publication = publication_row(state, published_at, None, __version__, ROLLED_BACK)
        self._show_ledgers(path, publication, [t for t in tables("ledger") if t.name not in CHAINED])
        promote(path, self._path)
        self.record("publication", run_id, [publication])
        self._write_note(state)
        return state

    @contextmanager
    def snapshot(self) -> Iterator[ReadTable]:
        """One connection: it keeps reading the file that it opened, also when another is renamed over it."""
        import duckdb

        with connect(self._path) as connection:

            def read(table: str) -> pa.Table | None:
                spec = TABLES[table]
                try:
                    found = connection.execute(select_columns(table, spec.columns)).to_arrow_table()
                except duckdb.CatalogException:
                    return None
                except duckdb.BinderException as error:
                    raise other_version(table, str(error)) from error
                return found.cast(spec.arrow_schema())

            yield read

    def query(self, sql: str) -> pa.Table:
        """One statement through a connection that can neither write nor reach other files."""
        return query(self._path, sql)

    @contextmanager
    def questions(self) -> Iterator[Ask]:
        """One connection, which keeps the file that it opened; it can neither write nor reach other files."""
        import duckdb

        with connect(self._path) as connection:

            def ask(sql: str) -> list[dict[str, Any]]:
                try:
                    rows: list[dict[str, Any]] = connection.execute(sql).to_arrow_table().to_pylist()
                except duckdb.Error as error:
                    raise BadStatement(
                        f"the publication could not be asked\n  found:    {shorten(str(error), 400)}"
                    ) from error
                return rows

            yield ask


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a published file, with no access to other files or to a network.

    Raises `ConfigurationError` where nothing has been published yet.
    """
    import duckdb

    if not path.exists():
        raise ConfigurationError(
            f"nothing has been published yet: there is no {path}\n"
            "  to do:    fleetstats run (for a vintage with --as-of), in this folder or with FLEETSTATS_HOME set"
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


def query(path: Path, sql: str) -> pa.Table:
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
            result: pa.Table = connection.execute(sql).to_arrow_table()
            return result
        except duckdb.Error as error:
            words = str(error).split("\nLINE 1:")[0].strip().replace("\n", "\n            ")
            raise BadStatement(
                f"the statement failed\n  found:    {words}\n  expected: one SELECT on the published tables\n"
                '  to do:    fleetstats sql "show tables" lists them; docs/data-dictionary.md describes them'
            ) from error


def _insert(spec: Table, source: str) -> str:
    columns = ", ".join(spec.columns)
    return f"insert into {spec.name} ({columns}) select {columns} from {source} as q order by {', '.join(spec.key)}"  # noqa: S608 - our names


def _quoted(text: str | None) -> str:
    return "'" + (text or "").replace("'", "''") + "'"
