"""How a PostgreSQL server is reached, what its schemas are called, and what to say when it fails."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fleetstats import __version__
from fleetstats.core.errors import ConfigurationError, FleetstatsError, Locked, Unavailable, shorten

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.engine import URL

PUBLISHED_SCHEMA = "fleetstats"
LEDGER_SCHEMA = "fleetstats_ledger"
BUILD_PREFIX = "fleetstats_build_"
KEPT_PREFIX = "fleetstats_kept_"
LOADER = "fleetstats_loader"
ANALYST = "fleetstats_analyst"
GUEST = "fleetstats_guest"

_SECRET = re.compile(r"pass|secret|token|key|options", re.IGNORECASE)
_INIT = "fleetstats init, as a user who may create roles"

_ADVICE = {
    "57014": ("the server cancelled a statement", "raise statement_timeout for this user, then run again"),
    "42501": ("this user may not do that", _INIT),
    "42P01": ("a table of fleetstats is missing on the server", _INIT),
    "42703": ("a column of fleetstats is missing on the server", _INIT),
    "42883": ("a function of fleetstats is missing on the server", _INIT),
    "3F000": ("a schema of fleetstats is missing on the server", _INIT),
    "53100": ("the server's disk is full", "make room on the server, then run again"),
    "53300": ("the server takes no more connections", "close some, or raise max_connections, then run again"),
}
"""What to say of an error by its SQLSTATE, and what to do."""


def server_url(url: str) -> URL:
    """A server's address in its parts; `ConfigurationError`, without the address, for one that is none."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url.encode()
        found = make_url(url)
        if found.get_backend_name() == "postgresql":
            return found
    except (ArgumentError, ValueError):
        pass  # whose message has the address, and with it the password
    raise ConfigurationError(
        "FLEETSTATS_WAREHOUSE_URL is not the address of a PostgreSQL server\n"
        "  expected: postgresql+psycopg://USER:PASSWORD@HOST:PORT/DATABASE"
    ) from None


def shown(url: str) -> str:
    """A server's address as people may see it: without passwords, wherever they stand in it."""
    found = server_url(url)
    query = {key: "***" if _SECRET.search(key) else value for key, value in found.query.items()}
    return found.set(query=query).render_as_string(hide_password=True)


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Database errors become errors that say what happened and what to do, never with a password.

    `Unavailable` where another time it may go well, `Locked` where somebody else holds what is needed, else
    `ConfigurationError`.
    """
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise said_of(url, error) from error


def said_of(url: str, error: Exception) -> FleetstatsError:
    """An error of the driver, or of the bulk loader's, as ours."""
    import psycopg

    state = str(getattr(error, "sqlstate", None) or "")
    where = f"  where:    {shown(url)}\n  found:    {shorten(_words(error), 300)}"
    if state == "55P03":
        return Locked(
            f"another session holds a lock that fleetstats needs\n{where}\n"
            "  to do:    end it, or wait; the last publication is as it was"
        )
    if state in _ADVICE:
        what, todo = _ADVICE[state]
        return ConfigurationError(f"{what}\n{where}\n  to do:    {todo}")
    gone = state.startswith(("08", "57P", "40")) or (
        not state and isinstance(error, psycopg.OperationalError)
    )
    if gone or not state:
        return Unavailable(
            f"the PostgreSQL server has gone away, or cannot be reached\n{where}\n"
            "  to do:    see whether it runs, then run again: what was published is whole"
        )
    return ConfigurationError(f"the PostgreSQL server refused something (SQLSTATE {state})\n{where}")


def _words(error: Exception) -> str:
    return " ".join(str(error).split())


def connect(
    url: str, *, path: Sequence[str] = (PUBLISHED_SCHEMA, LEDGER_SCHEMA), role: str = LOADER
) -> psycopg.Connection[Any]:
    """A connection in autocommit mode, as the loader unless told otherwise, that finds tables in the schemas of `path`.

    Raises `ConfigurationError`, never with the password, where the server cannot be reached.
    """
    import psycopg
    from psycopg import sql

    address = shown(url)
    connection = None
    try:
        connection = psycopg.connect(
            libpq_url(url),
            autocommit=True,
            connect_timeout=10,
            application_name=f"fleetstats {__version__}",
        )
        connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        schemas = sql.SQL(", ").join(map(sql.Identifier, path))
        connection.execute(sql.SQL("set search_path to {}").format(schemas))
    except psycopg.Error as error:
        if connection is not None:
            connection.close()
        kind = Unavailable if isinstance(error, psycopg.OperationalError) else ConfigurationError
        raise kind(
            f"the PostgreSQL server cannot be used: {address}\n"
            f"  found:    {shorten(_words(error), 300)}\n"
            "  to do:    check FLEETSTATS_WAREHOUSE_URL and the server; a new server needs: fleetstats init"
        ) from error
    return connection


@contextmanager
def connected(
    url: str, *, path: Sequence[str] = (PUBLISHED_SCHEMA, LEDGER_SCHEMA), role: str = LOADER
) -> Iterator[psycopg.Connection[Any]]:
    """The same for as long as the context lasts, in which database errors become ours (`translated`)."""
    with translated(url), connect(url, path=path, role=role) as connection:
        yield connection


def libpq_url(url: str) -> str:
    """The server's address as PostgreSQL's own library takes it, with the password."""
    return server_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def require_newest(connection: psycopg.Connection[Any], url: str) -> None:
    """Raise `ConfigurationError` unless the ledgers on the server are those that this version knows."""
    import psycopg

    from fleetstats.warehouse.migrations import NEWEST

    try:
        row = connection.execute("select version_num from fleetstats_ledger.version").fetchone()
        found = str(row[0]) if row else "none"
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        found = "none"
    except psycopg.errors.InsufficientPrivilege:
        found = "an older one"  # who may read it was not granted then
    if found == NEWEST:
        return
    newer = found.isdigit() and found > NEWEST
    raise ConfigurationError(
        f"the ledgers on the server are not those of this version of fleetstats\n  where:    {shown(url)}\n"
        f"  found:    schema version {found}\n  expected: {NEWEST}\n"
        f"  to do:    {'install the newer fleetstats that prepared it' if newer else _INIT}; nothing was changed"
    )


def schema_of(prefix: str, run_id: str) -> str:
    """The schema of a run's candidate, or of a kept publication."""
    return prefix + run_id.lower().replace("-", "_")


def schemas(connection: psycopg.Connection[Any], prefix: str) -> list[str]:
    """The schemas whose names begin like this, newest first."""
    rows = connection.execute(
        "select nspname from pg_namespace where starts_with(nspname, %s) order by nspname desc", [prefix]
    ).fetchall()
    return [row[0] for row in rows]


def columns_of(connection: psycopg.Connection[Any], searched: Sequence[str]) -> list[tuple[str, str, str]]:
    """The tables of these schemas that this role may read, each with its columns in order, and their types.

    Of two tables of one name that of the earlier schema is meant.
    """
    # Not information_schema, which asks for the rights to every column: 0.2 s where ten publications are kept
    found = connection.execute(
        "select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_class as c "
        "inner join pg_namespace as n on n.oid = c.relnamespace inner join pg_attribute as a on a.attrelid = c.oid "
        "where n.nspname = any(%s) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped "
        "and has_table_privilege(c.oid, 'select') "
        "order by array_position(%s, n.nspname::text), c.relname, a.attnum",
        [list(searched), list(searched)],
    ).fetchall()
    first: dict[str, str] = {}
    return [
        (table, column, kind)
        for schema, table, column, kind in found
        if first.setdefault(table, schema) == schema
    ]
