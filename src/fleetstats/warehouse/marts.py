"""Runs `sql/`: one file per mart or cross-check, one statement each, in the order of what they read."""

from __future__ import annotations

from collections.abc import Callable
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Protocol

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.schema.tables import tables
from fleetstats.warehouse.dependencies import reads
from fleetstats.warehouse.statements import composed, load_intermediates, read_files

_FOLDERS = {"mart": "marts", "crosscheck": "crosschecks"}


class Target(Protocol):
    """What a mart can be written to."""

    def insert_select(self, name: str, sql: str) -> int:
        """Add the rows of a query to a table; returns how many they are."""


def load_statements(*folders: Path) -> dict[str, str]:
    """The statement of every mart and cross-check, by table name; each folder is laid out as `sql/` is.

    Raises `ConfigurationError` where a table has no file or a file has no table in the field dictionary.
    """
    found = {name: sql for kind in _FOLDERS.values() for name, sql in read_files(folders, kind).items()}
    wanted = {table.name for table in tables("mart", "crosscheck")}
    if found.keys() != wanted:
        raise ConfigurationError(
            "sql/ and the field dictionary do not agree\n"
            f"  found:    {', '.join(sorted(found.keys() ^ wanted))} in one of the two only\n"
            "  expected: one file in sql/ for each mart and cross-check of schema.py"
        )
    intermediates = load_intermediates(folders)
    return {name: composed(sql, intermediates) for name, sql in found.items()}


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
