"""Runs `sql/`: one file per mart or cross-check, one statement each, in the order of what they read.

What is held of a source is for the source to say: `coverage` reads all of `sql/coverage/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Protocol

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.schema.tables import tables
from fleetstats.warehouse.dependencies import reads

_FOLDERS = {"mart": "marts", "crosscheck": "crosschecks"}
COVERAGE = "coverage"
"""The folder with a query per source, `<source>.sql`, of what its filings in force hold."""

COVERAGE_GIVES = ("operator", "scope", "measure", "period", "period_start", "period_end", "filing")
"""The columns of such a query."""

HOLDING = "holding"
"""What statements call all of these queries together, each row with its `source`."""


class Target(Protocol):
    """What a mart can be written to."""

    def insert_select(self, name: str, sql: str) -> int:
        """Add the rows of a query to a table; returns how many they are."""


def load_statements(*folders: Path) -> dict[str, str]:
    """The statement of every mart and cross-check, by table name; each folder is laid out as `sql/` is.

    Raises `ConfigurationError` where a table has no file or a file has no table in the field dictionary.
    """
    found = {
        path.stem: path.read_text(encoding="utf-8")
        for kind in _FOLDERS.values()
        for folder in folders
        for path in sorted((folder / kind).glob("*.sql"))
    }
    wanted = {table.name for table in tables("mart", "crosscheck")}
    if found.keys() != wanted:
        raise ConfigurationError(
            "sql/ and the field dictionary do not agree\n"
            f"  found:    {', '.join(sorted(found.keys() ^ wanted))} in one of the two only\n"
            "  expected: one file in sql/ for each mart and cross-check of schema.py"
        )
    holdings = _holdings(folders)
    return {
        name: _with_holdings(sql, holdings) if HOLDING in reads(sql) else sql for name, sql in found.items()
    }


def _holdings(folders: Iterable[Path]) -> str:
    """The query of what every source holds; `ConfigurationError` unless each with core tables has its file."""
    found = {
        path.stem: path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((folder / COVERAGE).glob("*.sql"))
    }
    wanted = {table.source for table in tables("core")} - {None}
    if found.keys() != wanted:
        raise ConfigurationError(
            "sql/coverage/ and the sources of core tables do not agree\n"
            f"  found:    {', '.join(sorted(str(name) for name in found.keys() ^ wanted))} in one of the two only\n"
            "  expected: one file in sql/coverage/ for each source with core tables of its own"
        )
    columns = ", ".join(f"h.{column}" for column in COVERAGE_GIVES)
    return "\nunion all\n".join(
        f"select '{source}' as source, {columns}\nfrom (\n{sql}\n) as h" for source, sql in found.items()
    )


def _with_holdings(sql: str, holdings: str) -> str:
    """A statement with `holding` as the first of its common tables."""
    before, found, after = re.split(r"^(with\b)", sql, maxsplit=1, flags=re.MULTILINE)
    return f"{before}{found} {HOLDING} as (\n{holdings}\n),\n{after.lstrip()}"


def build_order(statements: dict[str, str]) -> list[str]:
    """The marts in an order in which each comes after those it reads."""
    graph = {name: sorted(reads(sql) & statements.keys()) for name, sql in sorted(statements.items())}
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
        if reads(statements[name]) <= available:
            progress(name)
            counts[name] = target.insert_select(name, statements[name])
            available.add(name)
    return counts


def buildable(statements: dict[str, str], available: set[str]) -> list[str]:
    """The marts that `build_marts` would fill from these tables."""
    there = set(available)
    for name in build_order(statements):
        if reads(statements[name]) <= there:
            there.add(name)
    return [name for name in statements if name in there]
