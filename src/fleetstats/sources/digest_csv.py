"""The form of a digest: the core tables of an original, as one CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from fleetstats.core.csv_tables import csv_line, read_rows
from fleetstats.core.errors import BadInput
from fleetstats.core.formats import decimal_text
from fleetstats.filings.corrections import Correction, apply, by_cell, corrections_sha256, stale
from fleetstats.sources.staged import Context, Staged, joined

Reassign = Callable[[int, dict[str, str], str], dict[str, str]]
"""Gives a row, with its number, to another operator."""


MARK = "corrected"


def write_table_csv(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> bytes:
    """Rows as CSV bytes in the order given, decimals and dates in plain text, nulls empty.

    A column `corrected` comes last, where a correction touched any of them.
    """
    rows = list(rows)
    if any(row.get(MARK) for row in rows):
        columns = [*columns, MARK]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n", restval="", extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: decimal_text(v) if isinstance(v, Decimal) else "" if v is None else v for k, v in row.items()}
        )
    return out.getvalue().encode()


def check_corrections(context: Context, staged: Staged) -> None:
    """Note the corrections that a digest was made with; `BadInput` if they are not those of today."""
    filing = context.held.filing
    if filing.status == "digest":
        today = corrections_sha256(context.corrections)
        if filing.corrections_sha256 != today:
            raise BadInput(
                "a digest made with other corrections than those on file today",
                file=context.name,
                found=f"corrections {filing.corrections_sha256}",
                expected=f"corrections {today}",
                todo="make the digest again: fleetstats digest, with FLEETSTATS_ORIGINALS set",
            )
        for correction in context.corrections:
            for record in correction.records:
                used = apply(correction, context.name, record, correction.expect)
                staged.note_correction(correction, record, correction.expect, used)
        # Those records are not rows of the digest
        staged.records_dropped = 0


def read_corrected(
    context: Context, columns: Sequence[str], staged: Staged, reassign: Reassign
) -> list[tuple[int, dict[str, str]]]:
    """The rows of a digest or transcription with their record numbers, corrected, counted into `staged`.

    Of a digest the corrections of its rows are applied, of a transcription those of its file; `reassign` gives a
    row to another operator. A row has `corrected`, empty where nothing was. Raises `BadInput` for other columns,
    and where a correction meets no row or another value than it was made for.
    """
    path, name = context.held.path, context.name
    digest = context.held.filing.status == "digest"
    pending = by_cell(context.row_corrections if digest else context.corrections, name)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        marked = file.readline().rstrip("\r\n") == csv_line(*columns, MARK)
    found: list[tuple[int, dict[str, str]]] = []
    for number, row in read_rows(path, [*columns, MARK] if marked else columns, name):
        staged.records_read += 1
        mine = [key for key in pending if key[0] == number]
        corrected = _correct_row(number, row, [pending.pop(key) for key in mine], name, staged, reassign)
        if corrected is not None:
            found.append((number, corrected))
    if pending:
        (record, _), correction = min(pending.items(), key=lambda item: item[0][0])
        raise stale(correction, name, record, "no such record")
    return found


def _correct_row(
    number: int,
    row: dict[str, str],
    corrections: list[Correction],
    name: str,
    staged: Staged,
    reassign: Reassign,
) -> dict[str, str] | None:
    """A row as its corrections leave it, None if one drops it."""
    printed_row = dict(row)
    text = csv_line(*row.values())
    marks = [row.get(MARK, "")]
    dropped = False
    for correction in corrections:
        if correction.column is not None and correction.column not in printed_row:
            raise stale(correction, name, number, "no such column")
        printed = text if correction.column is None else printed_row[correction.column]
        used = apply(correction, name, number, printed)
        staged.note_correction(correction, number, printed, used)
        marks.append(correction.action)
        if correction.action == "drop":
            dropped = True
        elif correction.action == "reassign" and used is not None:
            row = reassign(number, row, used)
        elif correction.column is not None and used is not None:
            row = {**row, correction.column: used}
    return None if dropped else {**row, MARK: joined(marks)}
