"""The warehouse on a PostgreSQL server: built in a schema of its own, audited there, published in one transaction.

Schemas: `fleetstats` is what analysts read; `fleetstats_ledger` is append-only and touched by no rebuild;
`fleetstats_build_*` is where a run builds; `fleetstats_kept_*` are the last publications, to return to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fleetstats import __version__
from fleetstats.core.errors import ConfigurationError, FleetstatsError, Locked
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.tables import TABLES
from fleetstats.warehouse.base import (
    KEPT,
    NOTHING_YET,
    ROLLED_BACK,
    Altered,
    State,
    may_wait,
    publication_row,
    unchanged_since_audit,
)
from fleetstats.warehouse.postgres import publication as steps
from fleetstats.warehouse.postgres.candidate import PostgresCandidate, append
from fleetstats.warehouse.postgres.connection import (
    ANALYST,
    BUILD_PREFIX,
    KEPT_PREFIX,
    LEDGER_SCHEMA,
    LOADER,
    PUBLISHED_SCHEMA,
    connected,
    require_newest,
    schema_of,
    schemas,
    shown,
)
from fleetstats.warehouse.postgres.reader import PostgresReader, open_reader
from fleetstats.warehouse.queries import Sql, statement

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa

_CURRENT = "current"


class PostgresWarehouse:
    """A PostgreSQL server, version 15 or newer, on which `fleetstats init` has been run."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def place(self) -> str:
        """The server's address without any password."""
        return shown(self._url)

    def state(self) -> State | None:
        """What the server says of its current publication."""
        with connected(self._url) as connection:
            row = connection.execute("select content from state where name = %s", [_CURRENT]).fetchone()
        return None if row is None else State(**row[0])

    def why_no_state(self) -> str:
        """Nothing was published: what is changed behind our back has a state."""
        return NOTHING_YET

    @contextmanager
    def lock(self, wait: float = 0) -> Iterator[None]:
        """A row of the ledgers' schema, locked by a transaction that ends with its connection.

        Analysts have no right to it, so that none can hold up a build.
        """
        import psycopg

        with connected(self._url) as connection:
            require_newest(connection, self._url)
            connection.execute("set idle_in_transaction_session_timeout = 0")
            connection.execute("select set_config('lock_timeout', %s, false)", [f"{round(wait * 1000)}ms"])
            with connection.transaction():
                try:
                    template = "select from {schema}.build_lock for update {nowait}"
                    connection.execute(
                        statement(
                            template, schema=LEDGER_SCHEMA, nowait=Sql("" if wait else "nowait")
                        ).encode()
                    )
                except psycopg.errors.LockNotAvailable as error:
                    raise Locked(
                        f"another build is running on {self.place}\n"
                        "  to do:    wait until it is done (run --wait SECONDS does); nothing was changed"
                    ) from error
                yield

    def prepare(self) -> list[str]:
        """Drop the build schemas of killed runs."""
        with connected(self._url) as connection:
            require_newest(connection, self._url)
            for schema in schemas(connection, BUILD_PREFIX):
                if may_wait(schema):
                    continue
                connection.execute(statement("drop schema {schema} cascade", schema=schema).encode())
        return []

    def settle(self) -> None:
        """Drop build schemas that wait for nobody; what is published was recorded in the same transaction."""
        with connected(self._url) as connection:
            abandoned = [schema for schema in schemas(connection, BUILD_PREFIX) if not may_wait(schema)]
        if abandoned:
            with suppress(Locked), self.lock():
                self.prepare()

    def damage(self) -> str | None:
        """Which published tables are missing, or have another number of rows than they were published with."""
        state = self.state()
        if state is None:
            return None
        with connected(self._url) as connection:
            found = _published_tables(connection)
            missing = sorted(set(state.rows) - found)
            if missing:
                return f"the table {missing[0]} is gone"
            counts = " union all ".join(
                statement(
                    "select '{name}', count(*) from {schema}.{name}", name=name, schema=PUBLISHED_SCHEMA
                )
                for name in state.rows
            )
            rows = dict(connection.execute(counts.encode()).fetchall()) if counts else {}
            row = connection.execute("select content from state where name = 'distrusted'").fetchone()
        changed = [
            f"{name} has {rows[name]:,} rows, {n:,} were published"
            for name, n in state.rows.items()
            if rows[name] != n
        ]
        if not changed and row is not None and row[0] == state.run_id:
            return "fleetstats verify found another content"
        return "; ".join(changed[:3]) or None

    def distrust(self) -> None:
        """Remember that the publication is damaged, until another takes its place."""
        state = self.state()
        if state is None:
            return
        with suppress(FleetstatsError), connected(self._url) as connection:
            _say(connection, "distrusted", state.run_id)

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
        with connected(self._url, path=[LEDGER_SCHEMA]) as connection, connection.transaction():
            if rows and connection.execute(of_run.encode(), [run_id]).fetchone() is None:
                append(connection, ledger, rows_to_table(ledger, rows))

    def recorded(self, ledger: str, run_id: str) -> list[dict[str, Any]]:
        """The run's rows of the ledger table."""
        columns = TABLES[ledger].columns
        of_run = statement("select {columns} from {ledger} where run_id = %s", columns=columns, ledger=ledger)
        with connected(self._url, path=[LEDGER_SCHEMA]) as connection:
            found = connection.execute(of_run.encode(), [run_id]).fetchall()
        return [dict(zip(columns, row, strict=True)) for row in found]

    def remember(self, name: str, content: dict[str, Any]) -> None:
        """A row of the table that says what is current."""
        with connected(self._url) as connection:
            _say(connection, name, content)

    def remembered(self, name: str) -> dict[str, Any] | None:
        """That row."""
        with connected(self._url) as connection:
            row = connection.execute("select content from state where name = %s", [name]).fetchone()
        return None if row is None else row[0]

    def ledger(self, name: str) -> pa.Table:
        """All rows of a ledger, in the order of its key."""
        with open_reader(self._url, [LEDGER_SCHEMA], LOADER, self.place) as reader:
            if name not in reader.tables():
                raise ConfigurationError(
                    f"the server has no ledger {name}\n  where:    {self.place}\n"
                    "  to do:    fleetstats init, which brings the ledgers to this version"
                )
            return reader.table(name)

    def publish(self, publication: dict[str, Any], state: State, audited: Mapping[str, str]) -> State:
        """One transaction: changed tables get the candidate's rows, the ledgers their entries. The build
        schema is kept to return to."""
        build = schema_of(BUILD_PREFIX, state.run_id)
        try:
            with connected(self._url) as connection, connection.transaction():
                content = steps.replace_rows(connection, build, state.rows)
                unchanged_since_audit(audited, content)
                state = state.with_content(content)
                steps.append_chained(connection, build, state.run_id)
                _note(connection, publication, state)
                steps.keep(connection, build, schema_of(KEPT_PREFIX, state.run_id), state)
        except ConfigurationError:
            # The answer may have been lost, and not the publication
            if not self._is_published(state.run_id):
                raise
        with suppress(FleetstatsError), connected(self._url) as connection:
            for old in schemas(connection, KEPT_PREFIX)[KEPT:]:
                connection.execute(statement("drop schema {schema} cascade", schema=old).encode())
        return state

    def _is_published(self, run_id: str) -> bool:
        with suppress(FleetstatsError):
            return bool(self.recorded("publication", run_id))
        return False

    def discard(self, run_id: str) -> None:
        """Drop the build schema."""
        schema = schema_of(BUILD_PREFIX, run_id)
        with connected(self._url) as connection:
            connection.execute(statement("drop schema if exists {schema} cascade", schema=schema).encode())

    def kept(self) -> list[State]:
        """The kept publications, as the comments of their schemas say."""
        with connected(self._url) as connection:
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
        with connected(self._url) as connection, connection.transaction():
            content = steps.replace_rows(connection, schema_of(KEPT_PREFIX, to.run_id), to.rows)
            changed = [n for n, checksum in to.checksums.items() if content[n].checksum != checksum]
            if changed:
                raise Altered(
                    f"the kept publication {to.publication_id} is not what was published\n"
                    f"  where:    {self.place}\n  found:    another content of {', '.join(changed[:3])}\n"
                    "  to do:    return to another one: fleetstats rollback --to"
                )
            state = state.with_content(content)
            _note(connection, publication, state)
        return state


def _published_tables(connection: psycopg.Connection[Any]) -> set[str]:
    """The names of the published tables."""
    found = connection.execute(
        "select relname from pg_class where relnamespace = %s::regnamespace and relkind = 'r'",
        [PUBLISHED_SCHEMA],
    ).fetchall()
    return {name for (name,) in found}


def _note(connection: psycopg.Connection[Any], publication: dict[str, Any], state: State) -> None:
    """Append a publication to its ledger, and say which state is current."""
    append(connection, "publication", rows_to_table("publication", [publication]))
    _say(connection, _CURRENT, state.as_dict())


def _say(connection: psycopg.Connection[Any], name: str, content: object) -> None:
    connection.execute(
        "insert into state (name, content) values (%s, %s) "
        "on conflict (name) do update set content = excluded.content",
        [name, json.dumps(content)],
    )
