"""What is done to the published tables, within the transaction of a publication or a rollback.

Published tables keep their identity: rows of changed tables are replaced by DELETE and INSERT, so that views,
grants and open transactions live on (a renamed schema or TRUNCATE would break them).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from psycopg import sql

from fleetstats.core.schema.tables import TABLES
from fleetstats.core.schema.vocabulary import CHAINED
from fleetstats.warehouse.base import State
from fleetstats.warehouse.postgres.connection import ANALYST, LEDGER_SCHEMA, PUBLISHED_SCHEMA, columns_of
from fleetstats.warehouse.postgres.declared import (
    declare_comments,
    declare_keys,
    drop_untrue_references,
)
from fleetstats.warehouse.postgres.reader import PostgresReader

if TYPE_CHECKING:
    import psycopg

    from fleetstats.warehouse.checksums import Content


def replace_rows(
    connection: psycopg.Connection[Any], source: str, names: Iterable[str]
) -> dict[str, Content]:
    """Give the published tables of these names the rows of those in the schema `source`, where they differ.

    They get what the field dictionary says beside: comments, keys, references. Returns what they hold then.
    """
    drop_untrue_references(connection, source, PUBLISHED_SCHEMA)
    published, there = _shapes(connection, PUBLISHED_SCHEMA), _shapes(connection, source)
    wanted = {name: there[name] for name in names}
    for name, columns in wanted.items():
        _same_shape(connection, source, name, published.get(name), columns)
    for name in sorted(published.keys() - wanted.keys()):
        # A table that this publication does not have keeps its place, and is empty
        connection.execute(sql.SQL("delete from {}").format(sql.Identifier(PUBLISHED_SCHEMA, name)))
    for name, columns in wanted.items():
        listed = sql.SQL(", ").join(map(sql.Identifier, columns))
        rows = sql.SQL("select {} from {}")
        here = sql.Identifier(PUBLISHED_SCHEMA, name)
        old, new = rows.format(listed, here), rows.format(listed, sql.Identifier(source, name))
        changed = connection.execute(
            sql.SQL("select exists (({0} except all {1}) union all ({1} except all {0}))").format(old, new)
        ).fetchone()
        if changed and changed[0]:
            connection.execute(sql.SQL("delete from {}").format(here))
            connection.execute(sql.SQL("insert into {} ({}) {}").format(here, listed, new))
    known = [name for name in wanted if name in TABLES]
    declare_keys(connection, PUBLISHED_SCHEMA, known)
    declare_comments(connection, PUBLISHED_SCHEMA, known)
    return contents_of(connection, wanted)


def _shapes(connection: psycopg.Connection[Any], schema: str) -> dict[str, dict[str, str]]:
    """The tables of a schema, each with its columns in order and their types."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in columns_of(connection, [schema]):
        found.setdefault(table, {})[column] = kind
    return found


def contents_of(
    connection: psycopg.Connection[Any], tables: Mapping[str, Iterable[str]]
) -> dict[str, Content]:
    """What published tables hold in these columns, as seen by this transaction."""
    reader = PostgresReader(connection, [PUBLISHED_SCHEMA], "")
    return {name: reader.content(name, columns) for name, columns in tables.items()}


def _same_shape(
    connection: psycopg.Connection[Any],
    source: str,
    name: str,
    published: dict[str, str] | None,
    columns: dict[str, str],
) -> None:
    """Create a table that is new, add columns that are new; columns that are gone stay, as nulls."""
    here = sql.Identifier(PUBLISHED_SCHEMA, name)
    if published is None:
        like = sql.SQL("create table {} (like {})").format(here, sql.Identifier(source, name))
        connection.execute(like)
        connection.execute(sql.SQL("grant select on {} to {}").format(here, sql.Identifier(ANALYST)))
        return
    for column in [column for column in columns if column not in published]:
        # That it has no gap is declared once the rows are there
        added = sql.SQL("alter table {} add column {} {}")
        connection.execute(added.format(here, sql.Identifier(column), sql.SQL(columns[column])))
    for column in [column for column in published if column not in columns]:
        open_to_gaps = sql.SQL("alter table {} alter column {} drop not null")
        connection.execute(open_to_gaps.format(here, sql.Identifier(column)))


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
