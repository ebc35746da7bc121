"""SQL text that the engines share, made of names of the field dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import ConfigurationError, shorten
from fleetstats.core.schema.tables import TABLES

if TYPE_CHECKING:
    pass


def select_for_checks(table: str, columns: list[Any], wanted: set[str]) -> str:
    """A query of (column, type) pairs: decimals as floats, columns not wanted as nulls."""
    selected = ", ".join(
        f"cast(null as boolean) as {name}"
        if name not in wanted
        else f"cast({name} as double precision) as {name}"
        if kind.upper().startswith(("DECIMAL", "NUMERIC"))
        else name
        for name, kind in columns
    )
    return f"select {selected} from {TABLES[table].name}"  # noqa: S608 - our names


def select_columns(table: str, columns: Sequence[str]) -> str:
    """A query of some columns of one of our tables, in the order of its key."""
    spec = TABLES[table]
    return f"select {', '.join(columns)} from {spec.name} order by {', '.join(spec.key)}"  # noqa: S608 - our names


def other_version(table: str, found: str) -> ConfigurationError:
    """What to say where a published table lacks a column that this version of fleetstats reads."""
    return ConfigurationError(
        f"the published table {table} was made by another version of fleetstats\n  found:    {shorten(found, 300)}\n"
        "  to do:    fleetstats run, which builds it again"
    )
