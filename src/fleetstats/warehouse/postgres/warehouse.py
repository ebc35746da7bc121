"""The warehouse on a PostgreSQL server: built in a schema of its own, audited there, published in one transaction.

Schemas: `fleetstats` is what analysts read; `fleetstats_ledger` is append-only and touched by no rebuild;
`fleetstats_build_*` is where a run builds; `fleetstats_kept_*` are the last publications, to return to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fleetstats import __version__
from fleetstats.core.errors import ConfigurationError, Locked
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.tables import TABLES
from fleetstats.warehouse.base import KEPT, ROLLED_BACK, State, may_wait, publication_row
from fleetstats.warehouse.postgres import publication as steps
from fleetstats.warehouse.postgres.candidate import PostgresCandidate, append
from fleetstats.warehouse.postgres.connection import (
    ANALYST,
    BUILD_PREFIX,
    KEPT_PREFIX,
    LEDGER_SCHEMA,
    LOADER,
    PUBLISHED_SCHEMA,
    connect,
    schema_of,
    schemas,
)
from fleetstats.warehouse.postgres.reader import PostgresReader, open_reader
from fleetstats.warehouse.queries import statement

if TYPE_CHECKING:
    import pyarrow as pa

_LOCK = 0x666C656574  # "fleet": one advisory lock for the whole warehouse


class PostgresWarehouse:
    """A PostgreSQL server, version 15 or newer, on which `fleetstats init` has been run."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def place(self) -> str:
        """The server's address without the password."""
        from sqlalchemy.engine import make_url

        return make_url(self._url).render_as_string(hide_password=True)

    def state(self) -> State | None:
        """What the server says of its current publication."""
        with connect(self._url) as connection:
            row = connection.execute("select content from state where name = 'current'").fetchone()
        return None if row is None else State(**row[0])

    @contextmanager
    def lock(self) -> Iterator[None]:
        """An advisory lock of the server, released with the connection."""
        with connect(self._url) as connection:
            row = connection.execute("select pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
            if not row or not row[0]:
                raise Locked(
                    f"another build is running on {self.place}\n"
                    "  to do:    wait until it is done; nothing was changed"
                )
            yield

    def prepare(self) -> None:
        """Drop the build schemas of killed runs."""
        with connect(self._url) as connection:
            for schema in schemas(connection, BUILD_PREFIX):
                if may_wait(schema):
                    continue
                connection.execute(statement("drop schema {schema} cascade", schema=schema).encode())

    def candidate(self, run_id: str) -> PostgresCandidate:
        """A build schema for the run that holds the lock."""
        return PostgresCandidate(self._url, schema_of(BUILD_PREFIX, run_id))

    def read(
        self, publication: State | str | None = None, *, time_limit: float | None = None
    ) -> AbstractContextManager[PostgresReader]:
        """One transaction: of the analyst on what is published, of the loader on a kept or a build schema."""
        searched, role = [PUBLISHED_SCHEMA, LEDGER_SCHEMA], ANALYST
        if isinstance(publication, State):
            searched, role = [schema_of(KEPT_PREFIX, publication.run_id)], LOADER
        elif publication is not None:
            searched, role = [schema_of(BUILD_PREFIX, publication)], LOADER
        return open_reader(self._url, searched, role, self.place, time_limit)

    def record(self, ledger: str, run_id: str, rows: list[dict[str, Any]]) -> None:
        """Append rows to a ledger table; a run's rows are written once."""
        of_run = statement("select 1 from {ledger} where run_id = %s limit 1", ledger=ledger)
        with connect(self._url, path=[LEDGER_SCHEMA]) as connection, connection.transaction():
            if rows and connection.execute(of_run.encode(), [run_id]).fetchone() is None:
                append(connection, ledger, rows_to_table(ledger, rows))

    def recorded(self, ledger: str, run_id: str) -> list[dict[str, Any]]:
        """The run's rows of the ledger table."""
        columns = TABLES[ledger].columns
        of_run = statement("select {columns} from {ledger} where run_id = %s", columns=columns, ledger=ledger)
        with connect(self._url, path=[LEDGER_SCHEMA]) as connection:
            found = connection.execute(of_run.encode(), [run_id]).fetchall()
        return [dict(zip(columns, row, strict=True)) for row in found]

    def ledger(self, name: str) -> pa.Table:
        """All rows of a ledger, in the order of its key."""
        with open_reader(self._url, [LEDGER_SCHEMA], LOADER, self.place) as reader:
            if name not in reader.tables():
                raise ConfigurationError(
                    f"the server has no ledger {name}\n  where:    {self.place}\n"
                    "  to do:    fleetstats init, which brings the ledgers to this version"
                )
            return reader.table(name)

    def publish(self, publication: dict[str, Any], state: State) -> None:
        """One transaction: changed tables get the candidate's rows, the ledgers their entries. The build
        schema is kept to return to."""
        build = schema_of(BUILD_PREFIX, state.run_id)
        with connect(self._url) as connection:
            with connection.transaction():
                steps.replace_rows(connection, build, state.rows)
                steps.append_chained(connection, build, state.run_id)
                steps.note(connection, publication, state)
                steps.keep(connection, build, schema_of(KEPT_PREFIX, state.run_id), state)
            for old in schemas(connection, KEPT_PREFIX)[KEPT:]:
                connection.execute(statement("drop schema {schema} cascade", schema=old).encode())

    def discard(self, run_id: str) -> None:
        """Drop the build schema."""
        schema = schema_of(BUILD_PREFIX, run_id)
        with connect(self._url) as connection:
            connection.execute(statement("drop schema if exists {schema} cascade", schema=schema).encode())

    def kept(self) -> list[State]:
        """The kept publications, as the comments of their schemas say."""
        with connect(self._url) as connection:
            return [
                State(**json.loads(row[0]))
                for schema in schemas(connection, KEPT_PREFIX)
                if (
                    row := connection.execute(
                        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s",
                        [schema],
                    ).fetchone()
                )
                and row[0]
            ]

    def rollback(self, to: State, run_id: str, published_at: datetime) -> State:
        """One transaction: changed tables get the rows of the kept schema back."""
        state = to.returned_to(self.state(), run_id, published_at)
        publication = publication_row(state, published_at, None, __version__, ROLLED_BACK)
        with connect(self._url) as connection, connection.transaction():
            steps.replace_rows(connection, schema_of(KEPT_PREFIX, to.run_id), to.rows)
            steps.note(connection, publication, state)
        return state
