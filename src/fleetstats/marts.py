"""Runs `sql/`: one file per mart or cross-check, one statement each, in the order of what they read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Protocol

from fleetstats.errors import ConfigurationError
from fleetstats.schema import TABLES, Table, tables
from fleetstats.sources import SOURCES

_FOLDERS = {"mart": "marts", "crosscheck": "crosschecks"}


class Target(Protocol):
    """What a mart can be written to."""

    def insert_select(self, name: str, sql: str) -> int:
        """Fill a table from a query; returns its number of rows."""


class Candidate(Target, Protocol):
    """What can be asked as well."""

    def select(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query."""


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

SHORTER_KEYS: dict[str, tuple[str, ...]] = {
    "forecast_latest": ("series",),
    "order_forecast": ("series",),
    "threshold_forecast": ("series",),
    "forecast_scorecard": ("basis", "series", "model"),
    "forecast_score": ("series", "model"),
    "backtest_score": ("series", "model"),
}
"""Tables of which lineage leads groups of rows back or forth, and not each row: all numbers of a forecast rest on the
same observations, and a row for each pair would be as many as the ledger has rows times the observations."""

LINEAGE_GIVES = ("of_column", "part", "core_table", "core_key", "from_filing", "contribution")
"""What a lineage file gives beside the key of its mart."""


def load_lineage(folder: Path) -> dict[str, str]:
    """For every mart the statement that leads its figures back to core rows, ready for the table `lineage`.

    A file of `sql/lineage/` gives the key of its mart and the columns of `LINEAGE_GIVES`. Raises `ConfigurationError`
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
        f"select '{mart.name}' as mart, {key_text(mart, 'l')} as figure_key, "
        f"{', '.join(f'l.{column}' for column in [*selected, 'contribution'])}\nfrom (\n{sql}\n) as l"
    )


def lineage_key(table: Table) -> tuple[str, ...]:
    """The columns that `figure_key` and `core_key` give of a table: its key, or what `SHORTER_KEYS` says."""
    return SHORTER_KEYS.get(table.name, table.key)


def key_text(table: Table, alias: str) -> str:
    """SQL of a row's key as text, as in `figure_key` and `core_key`; columns without a value are left out."""
    nullable = {field.name for field in table.fields if field.nullable}
    parts = []
    for place, name in enumerate(lineage_key(table)):
        said = f"'{', ' if place else ''}{name}=' || cast({alias}.{name} as varchar(300))"
        parts.append(f"coalesce({said}, '')" if name in nullable else said)
    return " || ".join(parts)


def build_lineage(
    target: Candidate,
    statements: dict[str, str],
    marts: Iterable[str],
    progress: Callable[[str], None] = lambda _: None,
) -> int:
    """Add the lineage of these marts, once they and all that they read are there; returns the rows of the table."""
    # A mart that is led back through another's lineage comes after it
    for name in sorted(
        set(marts) & statements.keys(), key=lambda n: (LINEAGE in reads(statements[n], TABLES), n)
    ):
        progress(f"{LINEAGE} of {name}")
        target.insert_select(LINEAGE, statements[name])
    return int(target.select(f"select count(*) as counted from {LINEAGE}")[0]["counted"])  # noqa: S608 - our own name


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
    "claim_evidence": "figure_in_force",
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
    if "published_figure" in seen and not any(s for s in sources if not s.startswith(("cadmv_", "nhtsa_"))):
        sources |= {s for s in SOURCES if not s.startswith(("cadmv_", "nhtsa_"))}
    for name in seen:
        if name.startswith("cadmv_"):
            sources.add(_SOURCE_OF_TABLE.get(name, "cadmv_mileage"))
        elif name.startswith("nhtsa_"):
            sources.add("nhtsa_sgo")
    return sources
