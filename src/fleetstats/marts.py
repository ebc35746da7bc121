"""Runs `sql/`: one file per mart or cross-check, one statement each, in the order of what they read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Protocol

from fleetstats.errors import ConfigurationError
from fleetstats.schema import TABLES, Table, tables
from fleetstats.sources import SOURCES

_FOLDERS = {"mart": "marts", "crosscheck": "crosschecks"}


class Target(Protocol):
    """What a mart can be written to."""

    def insert_select(self, name: str, sql: str) -> int:
        """Fill a table from a query; returns its number of rows."""


def load_statements(folder: Path) -> dict[str, str]:
    """The statement of every mart and cross-check, by table name.

    Raises `ConfigurationError` where a table has no file or a file has no table in the field dictionary.
    """
    found = {
        path.stem: path.read_text(encoding="utf-8")
        for kind in _FOLDERS.values()
        for path in sorted((folder / kind).glob("*.sql"))
    }
    wanted = {table.name for table in tables("mart", "crosscheck")}
    if found.keys() != wanted:
        raise ConfigurationError(
            "sql/ and the field dictionary do not agree\n"
            f"  found:    {', '.join(sorted(found.keys() ^ wanted))} in one of the two only\n"
            "  expected: one file in sql/ for each mart and cross-check of schema.py"
        )
    return found


def reads(sql: str, names: Iterable[str]) -> set[str]:
    """The tables among `names` that a statement mentions outside comments."""
    words = set(re.findall(r"[a-z_][a-z0-9_]*", re.sub(r"--[^\n]*", "", sql)))
    return words & set(names)


def build_order(statements: dict[str, str]) -> list[str]:
    """The marts in an order in which each comes after those it reads."""
    graph = {name: sorted(reads(sql, statements) - {name}) for name, sql in sorted(statements.items())}
    return list(TopologicalSorter(graph).static_order())


def build_marts(
    target: Target,
    statements: dict[str, str],
    available: set[str],
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, int]:
    """Fill every mart and cross-check; returns rows by table.

    One that reads an optional table which this build does not have is left out: `available` names the
    tables that are there, and gains each one built.
    """
    counts: dict[str, int] = {}
    for name in build_order(statements):
        if reads(statements[name], TABLES) - {name} <= available:
            progress(name)
            counts[name] = target.insert_select(name, statements[name])
            available.add(name)
    return counts


LINEAGE = "lineage"

_GIVEN = ("of_column", "part", "core_table", "core_key", "from_filing", "contribution")
"""What a lineage file gives beside the key of its mart."""


def load_lineage(folder: Path) -> dict[str, str]:
    """For every mart the statement that leads its figures back to core rows, ready for the table `lineage`.

    A file of `sql/lineage/` gives the key of its mart and the columns of `_GIVEN`. Raises `ConfigurationError`
    where a mart has no file or a file has no mart.
    """
    found = {path.stem: path.read_text(encoding="utf-8") for path in (folder / LINEAGE).glob("*.sql")}
    wanted = {table.name for table in tables("mart")}
    if found.keys() != wanted:
        raise ConfigurationError(
            "sql/lineage/ and the marts do not agree\n"
            f"  found:    {', '.join(sorted(found.keys() ^ wanted))} in one of the two only\n"
            "  expected: one file in sql/lineage/ for each mart of schema.py"
        )
    return {name: _lineage_of(TABLES[name], found[name]) for name in sorted(found)}


def _lineage_of(mart: Table, sql: str) -> str:
    selected = ["of_column as column_name", "part", "core_table", "core_key", "from_filing as filing"]
    return (
        f"select '{mart.name}' as mart, {key_text(mart, 'l')} as figure_key, "  # noqa: S608 - our own names
        f"{', '.join(f'l.{column}' for column in [*selected, 'contribution'])}\nfrom (\n{sql}\n) as l"
    )


def key_text(table: Table, alias: str) -> str:
    """SQL of a row's key as text, as in `figure_key` and `core_key`; columns without a value are left out."""
    parts = []
    for place, name in enumerate(table.key):
        said = f"'{', ' if place else ''}{name}=' || cast({alias}.{name} as varchar(300))"
        nullable = next(field for field in table.fields if field.name == name).nullable
        parts.append(f"coalesce({said}, '')" if nullable else said)
    return " || ".join(parts)


def build_lineage(
    target: Target,
    statements: dict[str, str],
    marts: Iterable[str],
    progress: Callable[[str], None] = lambda _: None,
) -> int:
    """Fill the table `lineage` for these marts, once they and all others are there; returns its rows."""
    rows = 0
    for name in sorted(set(marts) & statements.keys()):
        progress(f"{LINEAGE} of {name}")
        rows = target.insert_select(LINEAGE, statements[name])
    return rows


def buildable(statements: dict[str, str], available: set[str]) -> list[str]:
    """The marts that `build_marts` would fill from these tables."""
    there = set(available)
    for name in build_order(statements):
        if reads(statements[name], TABLES) - {name} <= there:
            there.add(name)
    return [name for name in statements if name in there]


_RESTS_ON = {
    "forecast": "forecast_series",
    "forecast_score": "forecast_series",
    "backtest_score": "forecast_series",
    "claim_finding": "figure_in_force",
}
"""What a table that is no query rests on. A claim may be tested on any table, and most are on figures."""

_SOURCE_OF_TABLE = {"cadmv_event_count": "cadmv_disengagement", "cadmv_event": "cadmv_disengagement"}


def sources_of(sql: str, statements: dict[str, str]) -> set[str]:
    """The codes of the sources that a query on marts rests on, through all that those marts read."""
    seen: set[str] = set()
    pending = reads(sql, TABLES)
    texts = [sql]
    while pending:
        name = pending.pop()
        seen.add(name)
        if name in _RESTS_ON and _RESTS_ON[name] not in seen:
            pending.add(_RESTS_ON[name])
        if name in statements:
            texts.append(statements[name])
            pending |= reads(statements[name], TABLES) - seen
    sources = {s for s in SOURCES if any(f"'{s}'" in text for text in texts)}
    if "published_figure" in seen and not sources:
        sources = {s for s in SOURCES if not s.startswith(("cadmv_", "nhtsa_"))}
    for name in seen:
        if name.startswith("cadmv_"):
            sources.add(_SOURCE_OF_TABLE.get(name, "cadmv_mileage"))
        elif name.startswith("nhtsa_"):
            sources.add("nhtsa_sgo")
    return sources
