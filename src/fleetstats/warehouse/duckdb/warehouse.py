"""The warehouse as DuckDB files: built and audited out of sight, then made the one that the known name leads to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats import __version__
from fleetstats.core.errors import BadStatement, Locked
from fleetstats.core.locks import build_lock
from fleetstats.core.partials import left_behind, sweep
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.tables import tables
from fleetstats.core.schema.vocabulary import CHAINED
from fleetstats.core.sealed import Damaged, read_sealed, write_sealed
from fleetstats.core.settings import Settings
from fleetstats.warehouse import ledger as ledgers
from fleetstats.warehouse.base import (
    NOTHING_YET,
    ROLLED_BACK,
    Altered,
    NothingPublished,
    NotRecorded,
    State,
    differing,
    publication_row,
    unchanged_since_audit,
)
from fleetstats.warehouse.duckdb.candidate import (
    DuckdbCandidate,
    candidate_path,
    discard_candidates,
    has_abandoned,
)
from fleetstats.warehouse.duckdb.files import PublishedFiles, logs_beside
from fleetstats.warehouse.duckdb.reader import DuckdbReader, open_reader
from fleetstats.warehouse.queries import statement

if TYPE_CHECKING:
    import pyarrow as pa

    from fleetstats.warehouse.checksums import Content


class DuckdbWarehouse:
    """DuckDB files under the user's home, one for each publication; a vintage has some of its own.

    A note beside each file says what it is, so that an unchanged night opens no database. The link to the current one
    is what publishes: file, note and state change in that one step. The ledgers are Parquet files, shown by each
    publication as tables; what a killed run published and had not recorded is recorded by the next command that
    holds the lock.
    """

    def __init__(self, settings: Settings, as_of: date | None) -> None:
        self._settings = settings
        self._as_of = as_of
        self._files = PublishedFiles(settings.vintage(as_of), settings.publications(as_of))

    @property
    def place(self) -> str:
        """The known name of the published file."""
        return str(self._files.known)

    def state(self) -> State | None:
        """What the note of the current file says, if it is that file's note and no log lies beside."""
        return self._files.state()

    def why_no_state(self) -> str:
        """Nothing was published, a log lies beside the file, or it is not the one that was noted."""
        if self._files.current() is None:
            return NOTHING_YET
        if logs := logs_beside(self._files.known):
            return f"another program has left a log beside the file, {logs[0]}: fleetstats run builds it anew"
        return "a file that was copied or changed since: fleetstats run builds it anew"

    def distrust(self) -> None:
        """Take the note away: without it, the file has no state."""
        self._files.take_note_away()

    def lock(self, wait: float = 0) -> AbstractContextManager[None]:
        """A file lock that its holder's death releases; each vintage has one of its own."""
        folder = self._settings.warehouse if self._as_of is None else self._files.folder
        return build_lock(folder, wait)

    def prepare(self) -> list[str]:
        """Remove what killed builds left, and logs of other programs; record what was published and not recorded."""
        self._files.folder.mkdir(parents=True, exist_ok=True)
        discard_candidates(self._files.folder)
        discard_candidates(self._files.known.parent)  # where versions before built
        self._files.sweep()
        sweep(*self._swept())
        said = self._remove_logs()
        current = self._files.current()
        if current is not None:
            # A program that has it open to write is told of before the build, not after it
            with suppress(NothingPublished), open_reader(current):
                pass
        if current is not None and not self._is_recorded(current):
            self._record_published(current)
        self._forget_unpublished(current)
        return said

    def settle(self) -> None:
        """Prepare, if there is something to be recorded, or something that a killed run left."""
        current = self._files.current()
        unrecorded = current is not None and not self._is_recorded(current)
        if unrecorded or has_abandoned(self._files.folder) or left_behind(*self._swept()):
            with suppress(Locked), self.lock():
                self.prepare()

    def _swept(self) -> tuple[Path, ...]:
        """The folders in which writers of ours leave partial files when they are killed."""
        where = self._settings
        return (where.ledger, where.landed, where.cache, where.warehouse, where.reports)

    def _is_recorded(self, current: Path) -> bool:
        run_id = self._run_of(current)
        return run_id is None or run_id in ledgers.runs(self._settings.ledger, "publication")

    def _run_of(self, current: Path) -> str | None:
        """The run that published the current file; None where it cannot be told."""
        if current != self._files.known:
            return current.stem
        state = self._files.noted(current)
        if state is not None:
            return state.run_id
        row = _last_publication(current)
        return None if row is None else str(row["run_id"])

    def _remove_logs(self) -> list[str]:
        """Logs are removed with what they say; a file to which one was applied is built again (`state`)."""
        logs = {log for path in (self._files.known, *self._files.every()) for log in logs_beside(path)}
        for log in logs:
            log.unlink(missing_ok=True)
        return [
            f"a log of another program lay beside a publication and was removed: {log}"
            for log in sorted(logs)
        ]

    def _record_published(self, path: Path) -> None:
        row = _last_publication(path)
        if row is not None:
            self._append_chained(path, row["run_id"])
            self.record("publication", row["run_id"], [row])

    def _forget_unpublished(self, current: Path | None) -> None:
        """Remove files of runs that were killed before they could publish them.

        Such a run began after the current one. What is older was published, though its ledger may have been lost.
        """
        published = set(ledgers.runs(self._settings.ledger, "publication"))
        last = None if current is None else self._run_of(current)
        for path in self._files.every():
            if last is not None and path.stem > last and path.stem not in published:
                self._files.forget(path)

    def damage(self) -> str | None:
        """A file that was written to, or a log beside it, has no state already: nothing more is to be had for free."""
        return None

    def candidate(self, run_id: str) -> DuckdbCandidate:
        """A file beside those of the publications."""
        return DuckdbCandidate(self._candidate(run_id))

    def _candidate(self, run_id: str) -> Path:
        return candidate_path(self._files.folder, run_id)

    def read(
        self, publication: State | str | None = None, *, time_limit: float | None = None
    ) -> AbstractContextManager[DuckdbReader]:
        """One connection to the published file, to a kept one, or to that of a candidate."""
        if isinstance(publication, str):
            return open_reader(self._candidate(publication), time_limit)
        known = self._files.known if publication is None else self._files.of(publication.run_id)
        return self._read_proved(known, time_limit)

    @contextmanager
    def _read_proved(self, known: Path, time_limit: float | None) -> Iterator[DuckdbReader]:
        """Read a published file; where it is not the one that was noted (copied, or written to), it is proved first."""
        with open_reader(known, time_limit) as reader:
            path = known.resolve()
            if self._files.noted(path) is None:
                claimed = self._files.claimed(path)
                changed = ["nothing says what was published"]
                if claimed is not None:
                    changed = differing(reader, claimed)
                if changed:
                    raise Altered(
                        f"the published file is not what was published: {known}\n"
                        f"  found:    {'; '.join(changed[:3])}\n  to do:    fleetstats run, which builds it anew"
                    )
            yield reader

    def record(self, ledger: str, run_id: str, rows: list[dict[str, Any]]) -> None:
        """One immutable Parquet file for each run."""
        ledgers.append(self._ledger(ledger), ledger, run_id, rows)

    def remember(self, name: str, content: dict[str, Any]) -> None:
        """A file beside the warehouse."""
        write_sealed(self._settings.warehouse / f"{name}.note", content)

    def remembered(self, name: str) -> dict[str, Any] | None:
        """That file."""
        try:
            note: dict[str, Any] = read_sealed(self._settings.warehouse / f"{name}.note")
        except (FileNotFoundError, Damaged):
            return None
        return note

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

    def publish(self, publication: dict[str, Any], state: State, audited: Mapping[str, str]) -> State:
        """Lead the known name to the candidate."""
        # The chained ledgers are there already: their marts were built from them, and audited
        content = self._finish(state.run_id, publication)
        unchanged_since_audit(audited, content)
        return self._switch(state.with_content(content), publication)

    def _finish(self, run_id: str, publication: dict[str, Any]) -> dict[str, Content]:
        """Put in the ledgers that grow with every run; returns what every table of the candidate holds."""
        import pyarrow as pa

        path = self._candidate(run_id)
        candidate = DuckdbCandidate(path)
        try:
            for table in (t for t in tables("ledger") if t.name not in CHAINED):
                rows = self.ledger(table.name)
                if table.name == "publication":
                    rows = pa.concat_tables([rows, rows_to_table("publication", [publication])])
                candidate.replace(table.name, rows)
        finally:
            candidate.close()
        with open_reader(path) as reader:
            return {name: reader.content(name) for name in reader.tables()}

    def _switch(self, state: State, publication: dict[str, Any]) -> State:
        ledgers.must_be_writable(self._ledger("publication"), "publication")
        for name in CHAINED:
            ledgers.must_be_writable(self._ledger(name), name)
        path = self._files.switch(self._candidate(state.run_id), state)
        # From here on it is published, and no error may say otherwise
        try:
            self._append_chained(path, state.run_id)
            self.record("publication", state.run_id, [publication])
        except OSError as error:
            raise not_recorded(state, error) from error
        with suppress(OSError):
            self._files.forget_old()
        return state

    def discard(self, run_id: str) -> None:
        """Remove a candidate file and what its database left beside it."""
        path = self._candidate(run_id)
        for leftover in path.parent.glob(f"{path.name}*"):
            leftover.unlink(missing_ok=True)

    def kept(self) -> list[State]:
        """The files that were published, newest first; that they still are what they were is proved by who returns."""
        published = set(ledgers.runs(self._settings.ledger, "publication"))
        states = [self._files.claimed(path) for path in self._files.every() if path.stem in published]
        return [state for state in states if state is not None]

    def rollback(self, to: State, run_id: str, published_at: datetime) -> State:
        """Publish a copy of a kept file, with today's ledgers of operations."""
        with self.read(to) as reader:
            if changed := differing(reader, to):
                raise Altered(
                    f"the kept publication {to.publication_id} is not what was published\n"
                    f"  where:    {self._files.of(to.run_id)}\n  found:    {'; '.join(changed[:3])}\n"
                    "  to do:    return to another one: fleetstats rollback --to"
                )
        state = to.returned_to(self.state(), run_id, published_at)
        path = self._candidate(run_id)
        shutil.copyfile(self._files.of(to.run_id), path)  # not its mode: it is written to
        publication = publication_row(state, published_at, None, __version__, ROLLED_BACK)
        return self._switch(state.with_content(self._finish(run_id, publication)), publication)


def _last_publication(path: Path) -> dict[str, Any] | None:
    """The row with which a file shows its own publication; None where it cannot be read."""
    last = "select * from publication order by published_at desc limit 1"
    try:
        with open_reader(path) as reader:
            rows = reader.query(last).to_pylist()
    except (NothingPublished, BadStatement):
        return None  # The build that follows replaces a file that cannot be read
    return rows[0] if rows else None


def not_recorded(state: State, error: OSError) -> NotRecorded:
    """What to say when a publication was made and could not be recorded."""
    return NotRecorded(
        f"{state.publication_id} is published, but could not be recorded: {error.strerror or error}\n"
        f"  where:    {error.filename or 'the ledgers'}\n"
        "  to do:    make room or fix the folder's rights; the next fleetstats run records it"
    )
