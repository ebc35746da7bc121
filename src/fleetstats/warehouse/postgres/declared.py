"""What the field dictionary says of tables beside their rows: comments, gaps, keys, references, indexes.

Tools that read the catalogue find joins by it. Everything is compared with what is there, so that an unchanged table
is left alone: most of these statements wait for readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from psycopg import sql

from fleetstats.core.schema.keys import REFERENCES
from fleetstats.core.schema.model import Table
from fleetstats.core.schema.tables import TABLES
from fleetstats.warehouse.ddl import comment
from fleetstats.warehouse.postgres.connection import columns_of

if TYPE_CHECKING:
    import psycopg
    from psycopg.sql import Composable, Composed

_INDEXED_FROM = 5_000
"""Rows from which a column that leads to another table has an index; a scan of fewer is as quick."""

_SCHEMA_COMMENTS = {
    "fleetstats": "What fleetstats publishes: audited tables in kilometres. Start with those that end in nothing but a "
    "noun: mileage_monthly, orders_quarterly, beijing_vs_california.",
    "fleetstats_ledger": "What every run of fleetstats recorded: publications, checks, forecasts. Only ever added to.",
}


def declare_comments(
    connection: psycopg.Connection[Any], schema: str, names: Iterable[str], *, dry_run: bool = False
) -> int:
    """Bring the comments of a schema, its tables and columns to those of the dictionary; returns how many differed."""
    there = {
        (table, column): said
        for table, column, said in connection.execute(
            "select c.relname, a.attname, coalesce(col_description(c.oid, a.attnum), '') from pg_class as c "
            "inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "
            "where c.relnamespace = %(schema)s::regnamespace and c.relkind = 'r' "
            "union all select c.relname, '', coalesce(obj_description(c.oid, 'pg_class'), '') from pg_class as c "
            "where c.relnamespace = %(schema)s::regnamespace and c.relkind = 'r'",
            {"schema": schema},
        ).fetchall()
    }
    wanted = [
        (name, column, said)
        for name in names
        for column, said in _comments(TABLES[name])
        if there.get((name, column), said) != said
    ]
    said = _SCHEMA_COMMENTS[schema]
    row = connection.execute("select obj_description(%s::regnamespace, 'pg_namespace')", [schema]).fetchone()
    changed = len(wanted)
    if not dry_run:
        for name, column, text in wanted:
            what = "column {}" if column else "table {}"
            named = sql.Identifier(schema, name, column) if column else sql.Identifier(schema, name)
            connection.execute(sql.SQL(f"comment on {what} is {{}}").format(named, sql.Literal(text)))
    if row is None or row[0] != said:
        changed += 1
        if not dry_run:
            connection.execute(
                sql.SQL("comment on schema {} is {}").format(sql.Identifier(schema), sql.Literal(said))
            )
    return changed


def _comments(table: Table) -> Iterator[tuple[str, str]]:
    yield "", table.describes
    for field in table.fields:
        yield field.name, comment(field)


def drop_untrue_references(connection: psycopg.Connection[Any], source: str, schema: str) -> None:
    """Take back the references of a schema's tables that rows about to replace theirs, in `source`, do not hold to."""
    columns = {(table, column) for table, column, _ in columns_of(connection, [source])}
    for table, name in _constraints(connection, schema):
        column = name.removeprefix(f"{table}_").removesuffix("_reference")
        if not name.endswith("_reference"):
            continue
        target, key = REFERENCES.get(column, ("", ""))
        there = {(table, column), (target, key)} <= columns
        if not (there and _holds(connection, source, (table, column), (target, key))):
            part = sql.SQL("drop constraint {}").format(sql.Identifier(name))
            connection.execute(_alter(schema, table, part))


def declare_keys(connection: psycopg.Connection[Any], schema: str, names: Iterable[str]) -> None:
    """Give tables their gaps, keys, references and indexes, once their rows are in them.

    A key with a column that may be empty is unique, but not primary. A reference is declared where every value of
    today holds to it (`drop_untrue_references` goes before), and checked at the end of a publication.
    """
    names = list(names)
    # No table can be altered whose references are still to be checked
    connection.execute("set constraints all immediate")
    constraints = _constraints(connection, schema)
    found = connection.execute("select indexname from pg_indexes where schemaname = %s", [schema]).fetchall()
    indexes = {name for (name,) in found}
    for name in names:
        _declare_gaps(connection, schema, TABLES[name])
        _declare_key(connection, schema, TABLES[name], constraints)
    for name in names:
        _declare_references(connection, schema, TABLES[name], constraints)
        _declare_indexes(connection, schema, TABLES[name], indexes)


def _constraints(connection: psycopg.Connection[Any], schema: str) -> dict[tuple[str, str], str]:
    """The constraints of a schema's tables, by table and name, as PostgreSQL writes them."""
    found = connection.execute(
        "select c.relname, k.conname, pg_get_constraintdef(k.oid) from pg_constraint as k "
        "inner join pg_class as c on c.oid = k.conrelid where k.connamespace = %s::regnamespace",
        [schema],
    ).fetchall()
    return {(table, name): definition for table, name, definition in found}


def _leading(table: Table) -> Iterator[tuple[str, str, str]]:
    """The columns of a table that lead to another, each with that table and its key."""
    for column in table.columns:
        target, key = REFERENCES.get(column, ("", ""))
        if target and target != table.name and TABLES[target].key == (key,):
            yield column, target, key


def _declare_gaps(connection: psycopg.Connection[Any], schema: str, table: Table) -> None:
    open_to_gaps = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped "
        "and not attnotnull",
        [f"{schema}.{table.name}"],
    ).fetchall()
    filled = {field.name for field in table.fields if not field.nullable}
    wrong = [column for (column,) in open_to_gaps if column in filled]
    if wrong:
        parts = [sql.SQL("alter column {} set not null").format(sql.Identifier(column)) for column in wrong]
        connection.execute(_alter(schema, table.name, sql.SQL(", ").join(parts)))


def _declare_key(
    connection: psycopg.Connection[Any],
    schema: str,
    table: Table,
    constraints: dict[tuple[str, str], str],
) -> None:
    gaps = {field.name for field in table.fields if field.nullable}
    kind = "UNIQUE NULLS NOT DISTINCT" if gaps & set(table.key) else "PRIMARY KEY"
    name = f"{table.name}_key"
    wanted = f"{kind} ({', '.join(table.key)})"
    there = constraints.get((table.name, name))
    if there == wanted:
        return
    parts = [sql.SQL("add constraint {} {}").format(sql.Identifier(name), sql.SQL(wanted))]
    if there is not None:
        parts.insert(0, sql.SQL("drop constraint {} cascade").format(sql.Identifier(name)))
        for key in [key for key, said in constraints.items() if f"REFERENCES {schema}.{table.name}(" in said]:
            del constraints[key]  # it went with the key
    connection.execute(_alter(schema, table.name, sql.SQL(", ").join(parts)))


def _declare_references(
    connection: psycopg.Connection[Any], schema: str, table: Table, constraints: dict[tuple[str, str], str]
) -> None:
    for column, target, key in _leading(table):
        name = f"{table.name}_{column}_reference"
        known = (table.name, name) in constraints
        if not known and _holds(connection, schema, (table.name, column), (target, key)):
            part = sql.SQL(
                "add constraint {} foreign key ({}) references {} ({}) deferrable initially deferred"
            ).format(
                sql.Identifier(name),
                sql.Identifier(column),
                sql.Identifier(schema, target),
                sql.Identifier(key),
            )
            connection.execute(_alter(schema, table.name, part))


def _declare_indexes(
    connection: psycopg.Connection[Any], schema: str, table: Table, indexes: set[str]
) -> None:
    here = sql.Identifier(schema, table.name)
    for column, _, _ in _leading(table):
        name = f"{table.name}_{column}_index"
        if name not in indexes and table.key[0] != column and _rows(connection, here) >= _INDEXED_FROM:
            statement = sql.SQL("create index {} on {} ({})")
            connection.execute(statement.format(sql.Identifier(name), here, sql.Identifier(column)))


def _holds(
    connection: psycopg.Connection[Any], schema: str, column: tuple[str, str], key: tuple[str, str]
) -> bool:
    """Whether a column has values, and every one of them is a key of the other table."""
    row = connection.execute(
        sql.SQL(
            "select exists (select from {here} where {column} is not null), not exists (select from {here} as h "
            "where h.{column} is not null and not exists (select from {there} as t where t.{key} = h.{column}))"
        ).format(
            here=sql.Identifier(schema, column[0]),
            column=sql.Identifier(column[1]),
            there=sql.Identifier(schema, key[0]),
            key=sql.Identifier(key[1]),
        )
    ).fetchone()
    return row is not None and bool(row[0] and row[1])


def _rows(connection: psycopg.Connection[Any], here: Composable) -> int:
    row = connection.execute(sql.SQL("select count(*) from {}").format(here)).fetchone()
    return 0 if row is None else int(row[0])


def _alter(schema: str, table: str, part: Composable) -> Composed:
    return sql.SQL("alter table {} {}").format(sql.Identifier(schema, table), part)
