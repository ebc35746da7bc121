"""The statements of `sql/`: one per file, with what several of them select standing once, in `sql/intermediate/`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.schema.tables import tables
from fleetstats.warehouse.dependencies import reads

INTERMEDIATE = "intermediate"
COVERAGE = "coverage"
"""The folder with a query per source, `<source>.sql`, of what its filings in force hold."""

COVERAGE_GIVES = ("operator", "scope", "measure", "period", "period_start", "period_end", "filing")
"""The columns of such a query."""

HOLDING = "holding"
"""What statements call all of these queries together, each row with its `source`."""


def read_files(folders: Iterable[Path], kind: str) -> dict[str, str]:
    """The files of a folder of `sql/` by name, from every folder that is laid out as `sql/` is."""
    return {
        path.stem: path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((folder / kind).glob("*.sql"))
    }


def load_intermediates(folders: Iterable[Path]) -> dict[str, str]:
    """What statements may select from beside tables, by name: the files of `sql/intermediate/`, and `holding`."""
    folders = tuple(folders)
    return {**read_files(folders, INTERMEDIATE), HOLDING: _holdings(folders)}


def composed(sql: str, intermediates: Mapping[str, str]) -> str:
    """A statement with the intermediates that it reads as the first of its common tables.

    One that reads another comes after it. The statement is then whole: no database has to know of intermediates.
    """
    needed: dict[str, set[str]] = {}
    pending = reads(sql) & intermediates.keys()
    while pending:
        below = {name: set(reads(intermediates[name]) & intermediates.keys()) for name in pending}
        needed |= below
        pending = frozenset().union(*below.values()) - needed.keys()
    if not needed:
        return sql
    ordered = TopologicalSorter({name: sorted(needed[name]) for name in sorted(needed)}).static_order()
    made = ",\n\n".join(f"{name} as (\n{intermediates[name].strip()}\n)" for name in ordered)
    before, begins, after = re.split(r"^(with\b|select\b)", sql, maxsplit=1, flags=re.MULTILINE)
    rest = f",\n\n{after.lstrip()}" if begins == "with" else f"\n\n{begins}{after}"
    return f"{before}with {made}{rest}"


def _holdings(folders: Iterable[Path]) -> str:
    """The query of what every source holds; `ConfigurationError` unless each with core tables has its file."""
    found = read_files(folders, COVERAGE)
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
