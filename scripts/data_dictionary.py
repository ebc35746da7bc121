#!/usr/bin/env python3
"""Writes the data dictionary of `fleetstats.schema` as Markdown.

    scripts/data_dictionary.py            print it
    scripts/data_dictionary.py --write    write docs/data-dictionary.md
    scripts/data_dictionary.py --check    exit code 1 if that file is stale

Needs nothing but the standard library: it runs with any Python 3.11, installed or not.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "data-dictionary.md"
sys.path.insert(0, str(ROOT / "src"))

from fleetstats.schema import DECIMALS, Field, Kind, Table, tables  # noqa: E402 - after the path

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

_HEAD = """# Data dictionary

Every table of the warehouse. This page is made from `src/fleetstats/schema.py` by `scripts/data_dictionary.py --write`;
do not edit it. The same descriptions are in the warehouse as comments on tables and columns.

A column name means the same quantity in the same unit in every table. Types are those of DuckDB.
"""


def sql_type(field: Field) -> str:
    """The column's type in the warehouse."""
    if field.type in DECIMALS:
        precision, scale = DECIMALS[field.type]
        return f"DECIMAL({precision},{scale})"
    return {
        "text": "VARCHAR",
        "count": "BIGINT",
        "integer": "BIGINT",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMPTZ",
        "ratio": "DOUBLE",
    }[field.type]


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
        f"| `{f.name}` | {sql_type(f)} | {f.unit or ''} | {'yes' if f.nullable else 'no'} | {_cell(f.description)} |"
        for f in table.fields
    ]
    return [*lines, ""]


def page() -> str:
    """The whole page."""
    lines = [_HEAD]
    for kind, (title, _) in _KINDS.items():
        names = ", ".join(f"[`{t.name}`](#{t.name})" for t in tables(kind))
        lines += [f"- {title}: {names}"]
    lines.append("")
    for kind, (title, says) in _KINDS.items():
        lines += [f"## {title}", "", says, ""]
        for table in tables(kind):
            lines += describe(table)
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Print, write or check the page; returns the exit code."""
    parser = argparse.ArgumentParser(description="The data dictionary, from schema.py.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="write docs/data-dictionary.md")
    what.add_argument("--check", action="store_true", help="exit code 1 if docs/data-dictionary.md is stale")
    options = parser.parse_args()
    text = page()
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    elif options.check:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            sys.stderr.write(
                "docs/data-dictionary.md is not what schema.py says\n"
                "  to do:    scripts/data_dictionary.py --write\n"
            )
            return 1
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
