"""The field dictionary as statements that create its tables, for every database alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fleetstats.core.schema.model import TYPES, Field, Table


def create_statements(tables: Iterable[Table], words: Mapping[str, str] | None = None) -> list[str]:
    """Statements that create tables with their columns, types and comments.

    `words` has the types that the engine calls otherwise than DuckDB, by DuckDB's name.
    """
    statements = []
    for table in tables:
        columns = ", ".join(_column(field, words or {}) for field in table.fields)
        statements.append(f"create table {table.name} ({columns})")
        statements.append(f"comment on table {table.name} is {_literal(table.describes)}")
        statements += [
            f"comment on column {table.name}.{f.name} is {_literal(comment(f))}" for f in table.fields
        ]
    return statements


def _column(field: Field, words: Mapping[str, str]) -> str:
    kind = TYPES[field.type].sql
    return f"{field.name} {words.get(kind, kind)}{'' if field.nullable else ' not null'}"


def comment(field: Field) -> str:
    """What a column says, with its unit."""
    return f"{field.description} [{field.unit}]" if field.unit else field.description


def _literal(text: str) -> str:
    """A text of the dictionary as a literal: a comment cannot be a parameter."""
    return "'" + text.replace("'", "''") + "'"
