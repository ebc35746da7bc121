"""A trace for people: a tree for the terminal, and a page that stands alone."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import printable
from fleetstats.core.formats import decimal_text
from fleetstats.outputs.trace.model import Cell, Part, Trace

if TYPE_CHECKING:
    from rich.tree import Tree


RECORDS = 5
"""Records of a file that a tree shows of each part; --json and --html have all."""


def number(value: Any) -> str:
    """A value with thousands apart, every digit kept."""
    if isinstance(value, Decimal):
        return f"{Decimal(decimal_text(value)):,f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "nothing" if value is None else f"{value:,}" if isinstance(value, float) else str(value)


def key_of(cell: Cell) -> str:
    """The key of a cell's row in words."""
    return ", ".join(f"{k}={v}" for k, v in cell.key.items() if v is not None)


def verdict(cell: Cell) -> str:
    """Whether the records add up to a cell, in words."""
    if cell.reconciles is None:
        return ""
    count = len(cell.parts)
    if cell.reconciles and cell.total is None:
        return "it is the row of the ledger"
    if cell.reconciles:
        return f"the {count:,} rows below add up to it" if count > 1 else "it is the row below"
    found = "no row leads to it" if not count else f"the rows add up to {number(cell.total)}"
    return f"DOES NOT ADD UP: {found}"


def headline(cell: Cell) -> str:
    """A cell in a line; that of another figure which a figure was derived from says which it is."""
    unit = f" {cell.unit}" if cell.unit and cell.value is not None else ""
    bound = f" ({cell.bound})" if cell.bound else ""
    says = verdict(cell)
    which = f" of {cell.key['figure']}" if cell.mart == "published_figure" else ""
    return f"{cell.column}{which} = {number(cell.value)}{unit}{bound}{f'; {says}' if says else ''}"


def part_line(part: Part, unit: str | None) -> str:
    """A part of a cell in a line."""
    added = "" if part.contribution is None else f" {number(part.contribution)}{f' {unit}' if unit else ''}"
    return f"{part.part}{added}: {part.table}, {part.key}"


def filing_lines(row: dict[str, Any]) -> list[str]:
    """What a reader needs to find a filing, and to know that it is the one that was read."""
    estimated = " (estimated)" if row["issued_on_estimated"] else ""
    lines = [
        f"{row['publisher']}: {row['title']}",
        f"issued {row['issued_on']}{estimated}, retrieved {row['retrieved_on']}, {row['status']}",
        f"{row['url'] or 'no address'}",
        f"sha256 of what was read {row['sha256']}",
    ]
    if row["original_sha256"] and row["original_sha256"] != row["sha256"]:
        lines.append(f"sha256 of the publisher's file {row['original_sha256']}")
    if row["supersedes"]:
        lines.append(f"replaces {row['supersedes']}")
    return lines


def correction_line(correction: dict[str, Any]) -> str:
    """A correction in a line: where, what was printed, what is used, and why."""
    place = f"record {correction['record']}" + (
        f", {correction['column_name']}" if correction["column_name"] else ""
    )
    used = f" → {correction['used']}" if correction["used"] is not None else ""
    printed = f": {correction['printed']}{used}" if correction["column_name"] else ""
    return f"{correction['action']} {place}{printed}: {correction['reason']}"


def corrections_of_filing(row: dict[str, Any]) -> list[str]:
    """The corrections of a filing by reason, each with how many records it touched."""
    by_reason: dict[str, list[dict[str, Any]]] = {}
    for correction in row["corrections"]:
        by_reason.setdefault(correction["reason"], []).append(correction)
    return [
        correction_line(found[0]) + (f" (and {len(found) - 1:,} records like it)" if len(found) > 1 else "")
        for found in by_reason.values()
    ]


def record_line(part: Part, index: int) -> str:
    """A record of a file in a line."""
    record = part.records[index]
    note = f" ({record.note})" if record.note else ""
    return f"record {record.record:,}, {record.column}: {record.text or 'empty'}{note}"


def trace_text(trace: Trace, records: int = RECORDS, width: int | None = None) -> str:
    """A trace as a tree of text lines, with up to `records` of each file's records for a part."""
    import io

    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    out = io.StringIO()
    console = Console(file=out, width=width or 10_000, force_terminal=False, highlight=False)
    place = trace.publication
    console.print(Text(f"publication {place['publication_id']}, {place['published_at'][:19]}"))
    last = None
    tree = Tree("")
    shown: set[tuple[str, str, str]] = set()
    for cell in trace.cells:
        if last != cell.key:
            if last is not None:
                console.print(tree)
            tree = Tree(_plain(f"{cell.mart}: {key_of(cell)}"))
            last = cell.key
        _grow(tree, cell, records, shown)
    console.print(tree)
    if trace.filings:
        tree = Tree(_plain("filings"))
        for name, row in trace.filings.items():
            branch = tree.add(_plain(name))
            for line in filing_lines(row):
                branch.add(_plain(line))
            for line in corrections_of_filing(row):
                branch.add(_plain(f"corrected: {line}"))
        console.print(tree)
    for line in trace.wrong:
        console.print(_plain(f"DOES NOT ADD UP: {line}"))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _plain(text: str) -> Any:
    from rich.text import Text

    # What a file prints may hold what a terminal would obey
    return Text(printable(text))


def _grow(tree: Tree, cell: Cell, records: int, shown: set[tuple[str, str, str]]) -> None:
    branch = tree.add(_plain(headline(cell)))
    for line in cell.says:
        branch.add(_plain(line))
    for part in cell.parts:
        _grow_part(branch, part, cell.unit, records, shown)


def _grow_part(
    tree: Tree, part: Part, unit: str | None, records: int, shown: set[tuple[str, str, str]]
) -> None:
    # A record that several numbers rest on is shown whole once
    again = (part.table, part.key, " ".join(part.done))
    if again in shown and part.reconciles is not False:
        tree.add(_plain(f"{part_line(part, unit)}, as above"))
        return
    shown.add(again)
    branch = tree.add(_plain(part_line(part, unit)))
    if part.reconciles is False:
        branch.add(_plain("DOES NOT ADD UP: the file does not say what this row says"))
    for line in part.done:
        branch.add(_plain(line))
    if part.table == "published_figure" and part.row:
        branch.add(
            _plain(f"page: {part.row.get('title_printed', 'none')}  {part.row.get('url', '')}".rstrip())
        )
    for correction in part.corrections[:records]:
        branch.add(_plain(f"corrected: {correction_line(correction)}"))
    if part.ends_at:
        branch.add(_plain(part.ends_at if part.filing is None else f"{part.filing}: {part.ends_at}"))
    if part.table != "published_figure":
        filled = [i for i, r in enumerate(part.records) if r.value or r.value is None]
        for i in filled[:records]:
            branch.add(_plain(record_line(part, i)))
        if len(part.records) > min(len(filled), records):
            more = len(filled) - min(len(filled), records)
            zeros = len(part.records) - len(filled)
            said = [f"{more:,} more records" if more else "", f"{zeros:,} records of 0" if zeros else ""]
            branch.add(_plain(f"… and {' and '.join(s for s in said if s)}: --json and --html have all"))
    for other in part.passed_over[:records]:
        branch.add(
            _plain(
                f"passed over: {number(other['value'])} {other['unit']} ({other['bound']}, {other['confidence']}), "
                f"{other['figure']}: {other['title_printed'] or 'no page'}"
            )
        )
    for cell in part.cells:
        _grow(branch, cell, records, shown)
