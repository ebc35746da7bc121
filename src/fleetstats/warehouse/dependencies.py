"""What a statement reads, and which sources a mart rests on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from fleetstats.core.errors import BadStatement, shorten
from fleetstats.core.schema.tables import TABLES
from fleetstats.sources.registry import sources

if TYPE_CHECKING:
    import duckdb


@cache
def reads(sql: str) -> frozenset[str]:
    """The tables that a statement reads; not those that it makes itself with `with`, and no column of the same name.

    Raises `BadStatement` for what is no SQL.
    """
    import duckdb

    try:
        return frozenset(_parser().cursor().get_table_names(sql))
    except duckdb.Error as error:
        found = shorten(str(error), 300)
        raise BadStatement(f"a statement that cannot be read\n  found:    {found}") from error


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """A database without tables, which can open no file: it says what statements read, and runs none."""
    import duckdb

    return duckdb.connect(config={"enable_external_access": "false", "threads": 1})


_RESTS_ON = {
    "forecast": "forecast_series",
    "forecast_score": "forecast_series",
    "backtest_score": "forecast_series",
    "claim_finding": "figure_in_force",
    "claim_evidence": "figure_in_force",
}
"""What a table that is no query rests on. A claim may be tested on any table, and most are on figures."""


def sources_of(sql: str, statements: dict[str, str]) -> set[str]:
    """The codes of the sources that a query on marts rests on, through all that those marts read."""
    return sources_of_tables(reads(sql) & TABLES.keys(), statements)


def sources_of_tables(names: Iterable[str], statements: dict[str, str]) -> set[str]:
    """The codes of the sources that tables rest on.

    A table whose sources the field dictionary names rests on those; one that several sources fill together, on those
    that say so; every other one on what it reads.
    """
    seen: set[str] = set()
    pending = set(names)
    found: set[str] = set()
    while pending:
        name = pending.pop()
        seen.add(name)
        if TABLES[name].sources:
            found |= set(TABLES[name].sources)
            continue
        if TABLES[name].kind == "core":
            found |= {source.code for source in sources() if name in source.fills}
        below = {_RESTS_ON[name]} if name in _RESTS_ON else set()
        if name in statements:
            below |= reads(statements[name]) & TABLES.keys()
        pending |= below - seen
    return found
