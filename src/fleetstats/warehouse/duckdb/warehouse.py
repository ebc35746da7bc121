"""The warehouse as a DuckDB file: built beside the published one, audited there, renamed over it."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats import __version__
from fleetstats.core.errors import BadStatement
from fleetstats.core.files import write_atomically
from fleetstats.core.locks import build_lock
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.tables import tables
from fleetstats.core.schema.vocabulary import CHAINED
from fleetstats.core.settings import Settings
from fleetstats.warehouse import ledger as ledgers
from fleetstats.warehouse.base import KEPT, ROLLED_BACK, NothingPublished, State, publication_row
from fleetstats.warehouse.duckdb.candidate import (
    DuckdbCandidate,
    candidate_path,
    discard_candidates,
    promote,
)
from fleetstats.warehouse.duckdb.reader import DuckdbReader, open_reader
from fleetstats.warehouse.queries import statement

if TYPE_CHECKING:
    import pyarrow as pa


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
        last = "select * from publication order by published_at desc limit 1"
        try:
            with open_reader(self._path) as reader:
                rows = reader.query(last).to_pylist()
        except (NothingPublished, BadStatement):
            return  # The build that follows replaces a file that cannot be read
        for row in rows:
            self.record("publication", row["run_id"], [row])
            self._append_chained(self._path, row["run_id"])

    def candidate(self, run_id: str) -> DuckdbCandidate:
        """A file beside the published one."""
        return DuckdbCandidate(candidate_path(self._path, run_id))

    def read(
        self, publication: State | str | None = None, *, time_limit: float | None = None
    ) -> AbstractContextManager[DuckdbReader]:
        """One connection to the published file, to an archived one, or to that of a candidate."""
        path = self._path
        if isinstance(publication, State):
            path = self._archive / f"{publication.run_id}.duckdb"
        elif publication is not None:
            path = candidate_path(self._path, publication)
        return open_reader(path, time_limit)

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
        with open_reader(path) as reader:
            for name in (name for name in CHAINED if name in reader.tables()):
                added = reader.query(
                    statement("select * from {table} where run_id = $run_id order by sequence", table=name),
                    {"run_id": run_id},
                )
                self.record(name, run_id, added.to_pylist())

    def recorded(self, ledger: str, run_id: str) -> list[dict[str, Any]]:
        """The rows of that file."""
        return ledgers.read_run(self._settings.ledger, ledger, run_id)

    def publish(self, publication: dict[str, Any], state: State) -> None:
        """Rename the candidate over the published file."""
        path = candidate_path(self._path, state.run_id)
        # The chained ledgers are there already: their marts were built from them, and audited
        self._show_ledgers(path, publication)
        promote(path, self._path)
        self.record("publication", state.run_id, [publication])
        self._append_chained(self._path, state.run_id)
        self._write_note(state)
        if self._as_of is None:
            self._keep(state)

    def _show_ledgers(self, path: Path, publication: dict[str, Any]) -> None:
        """Put in the ledgers that grow with every run; chained ones stay as the marts of the file show them."""
        import pyarrow as pa

        candidate = DuckdbCandidate(path)
        try:
            for table in (t for t in tables("ledger") if t.name not in CHAINED):
                rows = self.ledger(table.name)
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
        """Publish a copy of an archived file, with today's ledgers of operations."""
        state = to.returned_to(self.state(), run_id, published_at)
        path = candidate_path(self._path, run_id)
        shutil.copyfile(self._archive / f"{to.run_id}.duckdb", path)
        publication = publication_row(state, published_at, None, __version__, ROLLED_BACK)
        self._show_ledgers(path, publication)
        promote(path, self._path)
        self.record("publication", run_id, [publication])
        self._write_note(state)
        return state
