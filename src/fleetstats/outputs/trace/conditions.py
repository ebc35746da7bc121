"""Conditions of a trace: an expression, and the values that it compares with as parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fleetstats.warehouse.queries import Sql, statement


@dataclass(frozen=True)
class Condition:
    """`sql` is safe to put behind WHERE; `columns` are those that a stranger's names, in order."""

    sql: Sql
    parameters: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()


EVERY_ROW = Condition(Sql("1 = 1"))


def equals(values: Mapping[str, Any]) -> Condition:
    """Each column has its value; without one, it is null."""
    parts = [
        statement("{column} is null" if value is None else "{column} = ${column}", column=column)
        for column, value in values.items()
    ]
    return Condition(
        Sql(" and ".join(parts)), {column: value for column, value in values.items() if value is not None}
    )


def is_one_of(text: str, keys: Iterable[str]) -> Condition:
    """A column, or an expression of ours that gives a text, is one of these keys."""
    # Not `= any($keys)`, for which DuckDB looks through the list for every row
    return Condition(
        statement("{text} in (select unnest(cast($keys as varchar[])))", text=Sql(text)),
        {"keys": sorted(set(keys))},
    )


def both(one: Condition, other: Condition) -> Condition:
    """Both hold; their parameters have different names."""
    return Condition(
        Sql(f"({one.sql}) and ({other.sql})"),
        {**one.parameters, **other.parameters},
        (*one.columns, *other.columns),
    )
