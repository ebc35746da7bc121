"""How a PostgreSQL server is reached, and what its schemas are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fleetstats import __version__
from fleetstats.core.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    import psycopg

PUBLISHED_SCHEMA = "fleetstats"
LEDGER_SCHEMA = "fleetstats_ledger"
BUILD_PREFIX = "fleetstats_build_"
KEPT_PREFIX = "fleetstats_kept_"
LOADER = "fleetstats_loader"
ANALYST = "fleetstats_analyst"


def connect(
    url: str, *, path: Sequence[str] = (PUBLISHED_SCHEMA, LEDGER_SCHEMA), role: str = LOADER
) -> psycopg.Connection[Any]:
    """A connection in autocommit mode, as the loader unless told otherwise, that finds tables in the schemas of `path`.

    Raises `ConfigurationError`, never with the password, where the server cannot be reached.
    """
    import psycopg
    from psycopg import sql
    from sqlalchemy.engine import make_url

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
        raise ConfigurationError(
            f"the PostgreSQL server cannot be used: {make_url(url).render_as_string(hide_password=True)}\n"
            f"  found:    {shorten(str(error), 300)}\n"
            "  to do:    check FLEETSTATS_WAREHOUSE_URL and the server; a new server needs: fleetstats init"
        ) from error
    return connection


def libpq_url(url: str) -> str:
    """The server's address as PostgreSQL's own library takes it, with the password."""
    from sqlalchemy.engine import make_url

    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def schema_of(prefix: str, run_id: str) -> str:
    """The schema of a run's candidate, or of a kept publication."""
    return prefix + run_id.lower().replace("-", "_")


def schemas(connection: psycopg.Connection[Any], prefix: str) -> list[str]:
    """The schemas whose names begin like this, newest first."""
    rows = connection.execute(
        "select nspname from pg_namespace where starts_with(nspname, %s) order by nspname desc", [prefix]
    ).fetchall()
    return [row[0] for row in rows]


def columns_of(connection: psycopg.Connection[Any], searched: Sequence[str]) -> list[tuple[str, str]]:
    """The tables of these schemas that this role may read, each with its columns in order.

    Of two tables of one name that of the earlier schema is meant.
    """
    # Not information_schema, which asks for the rights to every column: 0.2 s where ten publications are kept
    found = connection.execute(
        "select n.nspname, c.relname, a.attname from pg_class as c "
        "inner join pg_namespace as n on n.oid = c.relnamespace inner join pg_attribute as a on a.attrelid = c.oid "
        "where n.nspname = any(%s) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped "
        "and has_table_privilege(c.oid, 'select') "
        "order by array_position(%s, n.nspname::text), c.relname, a.attnum",
        [list(searched), list(searched)],
    ).fetchall()
    first: dict[str, str] = {}
    return [(table, column) for schema, table, column in found if first.setdefault(table, schema) == schema]
