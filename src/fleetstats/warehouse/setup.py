"""Prepares a PostgreSQL server: roles, schemas, ledgers. Can be run again; prints what it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import ConfigurationError, shorten
from fleetstats.core.schema.tables import tables
from fleetstats.warehouse.postgres.connection import (
    ANALYST,
    GUEST,
    LEDGER_SCHEMA,
    LOADER,
    PUBLISHED_SCHEMA,
    server_url,
    shown,
)

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection


def prepare_server(url: str, *, dry_run: bool = False) -> list[str]:
    """Create what is missing, as a user who may create roles; returns what was done, in words.

    `fleetstats_loader` builds and publishes, and adds to the ledgers without being able to change them;
    `fleetstats_analyst` reads what is published; grant them to your own users. `fleetstats_guest`, which nobody is a
    member of, runs the statements of `fleetstats sql`. Raises `ConfigurationError`
    where the server cannot be reached or the user may not do this.
    """
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    engine = create_engine(server_url(url))
    done: list[str] = []
    try:
        with engine.begin() as connection:
            for what, statement in _missing(connection):
                done.append(what)
                if not dry_run:
                    connection.execute(text(statement))
            done += _migrate(connection, dry_run=dry_run)
            done += _describe(connection, dry_run=dry_run)
    except SQLAlchemyError as error:
        raise ConfigurationError(
            f"the server could not be prepared: {shown(url)}\n"
            f"  found:    {shorten(str(error.__cause__ or error), 300)}\n"
            "  to do:    use a user who may create roles and schemas, such as postgres"
        ) from error
    finally:
        engine.dispose()
    return done


def _missing(connection: Connection) -> Iterator[tuple[str, str]]:
    from sqlalchemy import text

    def there(query: str, **parameters: str) -> bool:
        return connection.execute(text(query), parameters).first() is not None

    version = int(connection.execute(text("show server_version_num")).scalar_one())
    if version < 150000:
        raise ConfigurationError(f"PostgreSQL {version // 10000} is too old\n  expected: 15 or newer")
    both = True
    for role in (LOADER, ANALYST, GUEST):
        if not there("select 1 from pg_roles where rolname = :name", name=role):
            both = False
            yield f"role {role} created", f"create role {role} nologin"
    if not both or not there("select 1 where pg_has_role(current_user, :name, 'member')", name=LOADER):
        yield f"role {LOADER} granted to this user", f"grant {LOADER} to current_user"
    if not both or not there("select 1 where pg_has_role(:name, :role, 'member')", name=LOADER, role=ANALYST):
        yield f"role {ANALYST} granted to {LOADER}", f"grant {ANALYST} to {LOADER}"
    if not both or not there("select 1 where pg_has_role(:name, :role, 'member')", name=GUEST, role=ANALYST):
        yield f"role {ANALYST} granted to {GUEST}", f"grant {ANALYST} to {GUEST}"
    database = str(connection.execute(text("select quote_ident(current_database())")).scalar_one())
    if not both or not there(
        "select 1 where has_database_privilege(:name, current_database(), 'create')", name=LOADER
    ):
        yield f"{LOADER} may create build schemas", f"grant create on database {database} to {LOADER}"
    if not there("select 1 from pg_namespace where nspname = :name", name=PUBLISHED_SCHEMA):
        yield f"schema {PUBLISHED_SCHEMA} created", f"create schema {PUBLISHED_SCHEMA} authorization {LOADER}"
        yield f"{ANALYST} may read it", f"grant usage on schema {PUBLISHED_SCHEMA} to {ANALYST}"
    if not there("select 1 from pg_namespace where nspname = :name", name=LEDGER_SCHEMA):
        # Owned by this user, not by the loader: an owner could remove what it may only add to
        yield f"schema {LEDGER_SCHEMA} created", f"create schema {LEDGER_SCHEMA}"
        yield (
            f"{LOADER} and {ANALYST} may use it",
            f"grant usage on schema {LEDGER_SCHEMA} to {LOADER}, {ANALYST}",
        )


def _migrate(connection: Connection, *, dry_run: bool) -> list[str]:
    from alembic import command
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = _config(connection)
    head = ScriptDirectory.from_config(config).get_current_head()
    context = MigrationContext.configure(
        connection, opts={"version_table": "version", "version_table_schema": LEDGER_SCHEMA}
    )
    current = context.get_current_revision()
    if current == head:
        return []
    if not dry_run:
        command.upgrade(config, "head")
    return [f"ledgers brought from version {current or 'none'} to {head}"]


def _describe(connection: Connection, *, dry_run: bool) -> list[str]:
    """The comments of the ledgers, in the transaction of the migration; a server without them has none to bring."""
    from sqlalchemy import inspect

    from fleetstats.warehouse.postgres.declared import declare_comments

    if not inspect(connection).has_table("publication", schema=LEDGER_SCHEMA):
        return []
    names = [table.name for table in tables("ledger")]
    driver: Any = connection.connection.driver_connection
    changed = declare_comments(driver, LEDGER_SCHEMA, names, dry_run=dry_run)
    return [f"{changed} comments brought to this version"] if changed else []


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "fleetstats:warehouse/migrations")
    config.attributes["connection"] = connection
    return config
