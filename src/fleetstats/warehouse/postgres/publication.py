"""What is done to the published tables, within the transaction of a publication or a rollback.

Published tables keep their identity: rows of changed tables are replaced by DELETE and INSERT, so that views,
grants and open transactions live on (a renamed schema or TRUNCATE would break them).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from psycopg import sql

from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.schema.vocabulary import CHAINED
from fleetstats.warehouse.base import State
from fleetstats.warehouse.postgres.candidate import append
from fleetstats.warehouse.postgres.connection import ANALYST, LEDGER_SCHEMA, PUBLISHED_SCHEMA, columns_of

if TYPE_CHECKING:
    import psycopg
    from psycopg.sql import Composable


def replace_rows(connection: psycopg.Connection[Any], source: str, names: Iterable[str]) -> None:
    """Give the published tables of these names the rows of those in the schema `source`, where they differ."""
    published: dict[str, set[str]] = {}
    for table, column in columns_of(connection, [PUBLISHED_SCHEMA]):
        published.setdefault(table, set()).add(column)
    for name in sorted(published.keys() - set(names)):
        # A table that this publication does not have keeps its place, and is empty
        connection.execute(sql.SQL("delete from {}").format(sql.Identifier(PUBLISHED_SCHEMA, name)))
    for name in names:
        columns = TABLES[name].columns
        here = sql.Identifier(PUBLISHED_SCHEMA, name)
        there = sql.Identifier(source, name)
        _same_shape(connection, here, there, published.get(name), columns)
        listed = sql.SQL(", ").join(map(sql.Identifier, columns))
        rows = sql.SQL("select {} from {}")
        old, new = rows.format(listed, here), rows.format(listed, there)
        changed = connection.execute(
            sql.SQL("select exists (({0} except all {1}) union all ({1} except all {0}))").format(old, new)
        ).fetchone()
        if changed and changed[0]:
            connection.execute(sql.SQL("delete from {}").format(here))
            connection.execute(sql.SQL("insert into {} ({}) {}").format(here, listed, new))


def _same_shape(
    connection: psycopg.Connection[Any],
    here: Composable,
    there: Composable,
    published: set[str] | None,
    columns: list[str],
) -> None:
    """Create a table that is new, add columns that are new; columns that are gone stay, as nulls."""
    if published is None:
        connection.execute(sql.SQL("create table {} (like {} including comments)").format(here, there))
        connection.execute(sql.SQL("grant select on {} to {}").format(here, sql.Identifier(ANALYST)))
        return
    for column in set(columns) - published:
        kind = connection.execute(
            sql.SQL(
                "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = {}::regclass "
                "and attname = {}"
            ).format(sql.Literal(there.as_string(connection)), sql.Literal(column))
        ).fetchone()
        connection.execute(
            sql.SQL("alter table {} add column {} {}").format(
                here, sql.Identifier(column), sql.SQL(kind[0] if kind else "text")
            )
        )
    for column in published - set(columns):
        connection.execute(
            sql.SQL("alter table {} alter column {} drop not null").format(here, sql.Identifier(column))
        )


def append_chained(connection: psycopg.Connection[Any], build: str, run_id: str) -> None:
    """What the run added goes to the chained ledgers; the candidate's copy of the whole is not kept."""
    for name in CHAINED:
        there = sql.Identifier(build, name)
        listed = sql.SQL(", ").join(map(sql.Identifier, TABLES[name].columns))
        connection.execute(
            sql.SQL("insert into {} ({}) select {} from {} where run_id = {} order by sequence").format(
                sql.Identifier(LEDGER_SCHEMA, name), listed, listed, there, sql.Literal(run_id)
            )
        )
        connection.execute(sql.SQL("drop table {}").format(there))


def keep(connection: psycopg.Connection[Any], build: str, kept: str, state: State) -> None:
    """The build schema becomes that of a kept publication, with its state as its comment."""
    name = sql.Identifier(kept)
    connection.execute(sql.SQL("alter schema {} rename to {}").format(sql.Identifier(build), name))
    said = sql.Literal(json.dumps(state.as_dict()))
    connection.execute(sql.SQL("comment on schema {} is {}").format(name, said))


def note(connection: psycopg.Connection[Any], publication: dict[str, Any], state: State) -> None:
    """Append a publication to its ledger, and say which state is current."""
    append(connection, "publication", rows_to_table("publication", [publication]))
    connection.execute(
        "insert into state (name, content) values ('current', %s) "
        "on conflict (name) do update set content = excluded.content",
        [json.dumps(state.as_dict())],
    )
