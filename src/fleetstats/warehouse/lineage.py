"""The lineage of marts: which records each figure is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.schema.keys import key_text
from fleetstats.core.schema.model import Table
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.warehouse.dependencies import reads
from fleetstats.warehouse.marts import Target
from fleetstats.warehouse.statements import composed, load_intermediates, read_files

LINEAGE = "lineage"


LINEAGE_GIVES = ("of_column", "part", "core_table", "core_key", "from_filing", "contribution")
"""What a lineage file gives beside the key of its mart."""


def load_lineage(*folders: Path) -> dict[str, str]:
    """For every mart the statement that leads its figures back to core rows, ready for the table `lineage`.

    A file of `sql/lineage/` gives the key of its mart and the columns of `LINEAGE_GIVES`. Raises `ConfigurationError`
    where a mart has no file or a file has no mart.
    """
    found = read_files(folders, LINEAGE)
    wanted = {table.name for table in tables("mart")}
    if found.keys() != wanted:
        raise ConfigurationError(
            "sql/lineage/ and the marts do not agree\n"
            f"  found:    {', '.join(sorted(found.keys() ^ wanted))} in one of the two only\n"
            "  expected: one file in sql/lineage/ for each mart of schema.py"
        )
    intermediates = load_intermediates(folders)
    return {name: _lineage_of(TABLES[name], composed(found[name], intermediates)) for name in sorted(found)}


def _lineage_of(mart: Table, sql: str) -> str:
    selected = ["of_column as column_name", "part", "core_table", "core_key", "from_filing as filing"]
    return (
        f"select '{mart.name}' as mart, {key_text(mart, 'l')} as figure_key, "
        f"{', '.join(f'l.{column}' for column in [*selected, 'contribution'])}\nfrom (\n{sql}\n) as l"
    )


def build_lineage(
    target: Target,
    statements: dict[str, str],
    marts: Iterable[str],
    progress: Callable[[str], None] = lambda _: None,
) -> int:
    """Add the lineage of these marts, once they and all that they read are there; returns how many rows it has."""
    rows = 0
    # A mart that is led back through another's lineage comes after it
    for name in sorted(set(marts) & statements.keys(), key=lambda n: (LINEAGE in reads(statements[n]), n)):
        progress(f"{LINEAGE} of {name}")
        rows += target.insert_select(LINEAGE, statements[name])
    return rows
