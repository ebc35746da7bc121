"""Where publications are built and kept: what every warehouse can do, and one module per database."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from fleetstats.core.errors import ChecksFailed, ConfigurationError

if TYPE_CHECKING:
    import pyarrow as pa

    from fleetstats.core.schema.model import Table
    from fleetstats.warehouse.checksums import Content


KEPT = 10
"""How many publications are kept to return to."""


WAITING = timedelta(days=1)
"""How long the candidate of a run whose steps are separate tasks waits for its next step."""


PUBLISHED = "published"


ROLLED_BACK = "rolled_back"


NOTHING_YET = "nothing yet: fleetstats run"
"""What is said of a warehouse in which nothing has been published."""


Parameters = Mapping[str, Any]
"""The values of a statement by name: where it says `$until`, the value of `until` is meant."""


class NothingPublished(ConfigurationError):
    """There is no publication to read, or none that can be read."""


class Altered(NothingPublished):
    """What can be read is not what was published: something else has written to it."""


class NotRecorded(ConfigurationError):
    """Published, but what has to be recorded of it could not be; the next run records it."""


@dataclass(frozen=True)
class State:
    """What a warehouse says of its current publication.

    `rolled_back_from` is the fingerprint of the newer publication that a rollback left: as long as inputs
    and code still lead there, the rollback stands. `checksums` has one for each published table (see
    `warehouse/checksums.py`) over its columns in the order of `columns`; versions before had none.
    """

    publication_id: str
    run_id: str
    fingerprint: str
    published_at: str
    rows: dict[str, int]
    warnings: list[str]
    rolled_back_from: str | None = None
    checksums: dict[str, str] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)

    def is_result_of(self, fingerprint: str) -> bool:
        """Whether a build of this fingerprint has nothing to add."""
        return fingerprint in (self.fingerprint, self.rolled_back_from)

    def returned_to(self, current: State | None, run_id: str, published_at: datetime) -> State:
        """This kept publication as a rollback from the current one makes it current again."""
        return replace(
            self,
            run_id=run_id,
            published_at=published_at.isoformat(),
            rolled_back_from=None if current is None else current.rolled_back_from or current.fingerprint,
        )

    def with_content(self, content: Mapping[str, Content]) -> State:
        """The same with the checksums of its tables."""
        return replace(
            self,
            checksums={name: found.checksum for name, found in content.items()},
            columns={name: list(found.columns) for name, found in content.items()},
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def told(self) -> dict[str, Any]:
        """For JSON that people read: without the columns."""
        return {name: value for name, value in asdict(self).items() if name != "columns"}


class Tables(Protocol):
    """Tables of the field dictionary that can be read, wherever they are kept."""

    def tables(self) -> Mapping[str, Sequence[str]]:
        """Those that are there, each with the columns that it has, in order."""

    def table(self, name: str, columns: Iterable[str] | None = None) -> pa.Table:
        """Some columns of a table (default: all), in the types of the field dictionary.

        Raises `ConfigurationError` where the table or a column is not there: another version made it.
        """


class Reader(Tables, Protocol):
    """Reads one publication, or one candidate, and changes nothing: all of one state, however long it takes.

    What `table` gives is in the order of the table's key.
    """

    def content(self, name: str, columns: Iterable[str] | None = None) -> Content:
        """How many rows a table has, and the checksum over these columns (default: all that it has).

        Raises `ConfigurationError` where the table or a column is not there.
        """

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """The result of a statement of ours; values are parameters, `$name` in it. `BadStatement` if it fails."""

    def ask(self, sql: str) -> pa.Table:
        """The result of one SELECT that somebody else wrote, with an analyst's rights and no way to more.

        Raises `BadStatement` for anything else, and for one that fails.
        """


OpenTables = Callable[[], AbstractContextManager[Tables]]
"""Opens tables to read them; can be sent to another process."""


class Candidate(Protocol):
    """A publication that is being built, out of everybody's sight."""

    def create(self, tables: Iterable[Table]) -> None:
        """Create tables with their types and comments."""

    def load(self, name: str, table: pa.Table) -> None:
        """Insert the rows of a table of the field dictionary."""

    def insert_select(self, name: str, sql: str) -> int:
        """Add the rows of a query to a table, by column name; returns how many they are."""

    def close(self) -> None:
        """Finish building: from here on the candidate is only read, published or discarded."""


class Warehouse(Protocol):
    """A database that holds a publication; its module says how each promise is kept."""

    @property
    def place(self) -> str:
        """Where it is, for people; never with a password."""

    def state(self) -> State | None:
        """Its current publication, None before the first."""

    def why_no_state(self) -> str:
        """Where there is no state: `NOTHING_YET`, or what is wrong with what can be seen."""

    def lock(self, wait: float = 0) -> AbstractContextManager[None]:
        """One build at a time; `Locked` if another still has it after `wait` seconds."""

    def prepare(self) -> list[str]:
        """Under the lock, before a build: finish what a killed run began, clear away what it left; candidates that
        wait stay.

        Returns what a person should hear of it. Raises `ConfigurationError` where somebody holds what has to be read.
        """

    def settle(self) -> None:
        """Record what was published by a run that was killed before it could; nothing while another run builds."""

    def damage(self) -> str | None:
        """What a look that costs nothing finds of the current publication that is not as it was published.

        For every table in full: `differing`.
        """

    def distrust(self) -> None:
        """Remember that the current publication is not what was published, so that the next run builds it anew."""

    def candidate(self, run_id: str) -> Candidate:
        """Begin a candidate, or go on with one that was closed."""

    def read(
        self, publication: State | str | None = None, *, time_limit: float | None = None
    ) -> AbstractContextManager[Reader]:
        """Read what is published, with an analyst's rights and no more; or a kept publication; or a candidate.

        `publication` is the state of a kept one, or the id of the run whose closed candidate is meant. A query that
        takes longer than `time_limit` seconds fails. Raises `NothingPublished` where there is nothing to read.
        """

    def record(self, ledger: str, run_id: str, rows: list[dict[str, Any]]) -> None:
        """Append a run's rows to a ledger, whatever becomes of its candidate."""

    def remember(self, name: str, content: dict[str, Any]) -> None:
        """Keep a note of operations under a name, in the place of the one before."""

    def remembered(self, name: str) -> dict[str, Any] | None:
        """The note of this name, None where there is none that can be read."""

    def recorded(self, ledger: str, run_id: str) -> list[dict[str, Any]]:
        """A run's rows of a ledger."""

    def ledger(self, name: str) -> pa.Table:
        """All rows of a ledger; of a chained one those of this warehouse alone, a vintage having its own."""

    def publish(self, publication: dict[str, Any], state: State, audited: Mapping[str, str]) -> State:
        """Put the audited candidate of a run in the published one's place, in one step; returns its state.

        `audited` has the checksums of the tables that were audited. The rows that the run added to the chained
        ledgers, which the candidate shows, are appended to them. Raises `ChecksFailed` where a table is another one
        than was audited; `NotRecorded`, and nothing else, for what fails after the step.
        """

    def discard(self, run_id: str) -> None:
        """Remove a candidate, if it is still there."""

    def kept(self) -> list[State]:
        """The publications that can be returned to, newest first."""

    def rollback(self, to: State, run_id: str, published_at: datetime) -> State:
        """Return to a kept publication, in one step."""


def unchanged_since_audit(audited: Mapping[str, str], found: Mapping[str, Content]) -> None:
    """Raise `ChecksFailed` unless these tables are those that were audited."""
    changed = sorted(
        name for name, checksum in audited.items() if name not in found or found[name].checksum != checksum
    )
    if changed or not audited:
        raise ChecksFailed(
            "what was built is not what was audited; nothing is published\n"
            f"  found:    {', '.join(changed[:5]) or 'no table that was audited'}"
            f"{f' and {len(changed) - 5} more' if len(changed) > 5 else ''}\n"
            "  expected: the checksums that the audit recorded\n"
            "  to do:    see who writes to the warehouse beside fleetstats; then fleetstats run --force"
        )


def differing(reader: Reader, state: State) -> list[str]:
    """The tables of a publication whose content is not what it was published with, each with what is there."""
    there = reader.tables()
    found = []
    for name, checksum in state.checksums.items():
        columns = state.columns[name]
        if name not in there or not set(columns) <= set(there[name]):
            found.append(f"{name}: {'a column' if name in there else 'the table'} is gone")
            continue
        now = reader.content(name, columns)
        if now.checksum != checksum:
            rows = state.rows.get(name, now.rows)
            found.append(
                f"{name}: {now.rows:,} rows, {rows:,} were published"
                if now.rows != rows
                else f"{name}: the number of rows is right, what they say is not"
            )
    return found


def new_run_id(*, in_steps: bool = False) -> str:
    """An identifier that begins with the time, so that runs sort; that of a run `in_steps` says so."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z-{secrets.token_hex(3)}{'-s' if in_steps else ''}"


def may_wait(run_id: str) -> bool:
    """Whether a candidate may belong to a run in steps that goes on; takes file names and schema names too."""
    found = re.search(r"(\d{8}t\d{12})z[-_][0-9a-f]{6}[-_]s\b", run_id.lower())
    if found is None:
        return False
    begun = datetime.strptime(found[1], "%Y%m%dt%H%M%S%f").replace(tzinfo=UTC)
    return datetime.now(UTC) - begun < WAITING


def publication_row(
    state: State, published_at: datetime, as_of: date | None, code_version: str, event: str
) -> dict[str, Any]:
    """A row of the publication ledger."""
    return {
        "publication_id": state.publication_id,
        "run_id": state.run_id,
        "event": event,
        "published_at": published_at,
        "fingerprint": state.fingerprint,
        "as_of": as_of,
        "code_version": code_version,
        "rows": sum(state.rows.values()),
        "warnings": len(state.warnings),
    }
