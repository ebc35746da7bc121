"""The data dictionary as a page: every table and column of `schema`, in Markdown.

Imports nothing but the field dictionary, so that `scripts/data_dictionary.py` runs with any Python 3.11.
"""

from __future__ import annotations

from collections.abc import Collection

from fleetstats.core.schema.model import TYPES, Kind, Table
from fleetstats.core.schema.tables import TABLES, tables

_KINDS: dict[Kind, tuple[str, str]] = {
    "mart": ("Marts", "What analysts query. One SQL file in `sql/marts/` makes each of them."),
    "lineage": ("Lineage", "Every figure of every mart, and the records that it is made of."),
    "core": ("Core tables", "What the filings say, with filing and record."),
    "reference": ("Reference tables", "Reviewed data, as loaded."),
    "crosscheck": (
        "Cross-checks",
        "All pairs compared, not violations. `unexplained`: over the tolerance, and no reason is on file.",
    ),
    "finding": ("Findings", "What fleetstats computes from the marts without being a query of its own."),
    "ledger": ("Ledgers", "Appended by every run and carried from publication to publication."),
}

HEAD = """# Data dictionary

Every table of the warehouse. This page is made from `core/schema` by `scripts/data_dictionary.py --write`;
do not edit it. The same descriptions are in the warehouse as comments on tables and columns.

A column name means the same quantity in the same unit in every table. Types are those of DuckDB.
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def describe(table: Table) -> list[str]:
    """One table: what a row is, its key, and its columns."""
    lines = [f"### `{table.name}`", "", table.describes, ""]
    if table.optional:
        lines += ["Only in builds that read the publishers' own files.", ""]
    lines += [
        f"Key: {', '.join(f'`{name}`' for name in table.key)}",
        "",
        "| column | type | unit | null | what it says |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{f.name}` | {TYPES[f.type].sql} | {f.unit or ''} | {'yes' if f.nullable else 'no'} | "
        f"{_cell(f.description)} |"
        for f in table.fields
    ]
    return [*lines, ""]


def page(names: Collection[str] = TABLES.keys(), head: str = HEAD) -> str:
    """The page of these tables (default: of all), under a head of its own."""
    lines = [head]
    shown = {kind: [t for t in tables(kind) if t.name in names] for kind in _KINDS}
    shown = {kind: found for kind, found in shown.items() if found}
    for kind, found in shown.items():
        lines += [f"- {_KINDS[kind][0]}: " + ", ".join(f"[`{t.name}`](#{t.name})" for t in found)]
    lines.append("")
    for kind, found in shown.items():
        title, says = _KINDS[kind]
        lines += [f"## {title}", "", says, ""]
        for table in found:
            lines += describe(table)
    return "\n".join(lines).rstrip() + "\n"
