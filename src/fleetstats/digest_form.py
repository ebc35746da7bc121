"""The form of a digest: the core tables of an original, as one CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from fleetstats.corrections import corrections_sha256
from fleetstats.dmv_forms import scope_of
from fleetstats.errors import BadInput
from fleetstats.reviewed_csv import read_rows
from fleetstats.staged import Context, Corrected, Staged


def decimal_text(value: Decimal) -> str:
    """A decimal without an exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_table_csv(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> bytes:
    """Rows as CSV bytes in the order given, decimals and dates in plain text, nulls empty."""
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
                staged.corrected.append(
                    Corrected(
                        record,
                        correction.action,
                        correction.column,
                        correction.expect,
                        correction.value,
                        correction.reason,
                    )
                )


def read_digest_rows(context: Context, columns: Sequence[str], staged: Staged) -> list[dict[str, str]]:
    """The rows of a digest (or of a transcription in the same form), each with its record number.

    Raises `BadInput` for other columns, for a permit that does not lead to the row's operator, and for a
    digest made with other corrections than today's.
    """
    check_corrections(context, staged)
    rows: list[dict[str, str]] = []
    for number, row in read_rows(context.held.path, columns, context.name):
        resolved = context.operators.by_permit.get(row["permit"])
        if resolved != row["operator"] or scope_of(row["permit"]) != row["scope"]:
            raise BadInput(
                "a permit leads to another operator or scope than when the digest was made",
                file=context.name,
                record=number,
                column="permit",
                found=f"{row['permit']}: {resolved}, {scope_of(row['permit'])}",
                expected=f"{row['operator']}, {row['scope']}",
                todo="make the digest again: fleetstats digest, with FLEETSTATS_ORIGINALS set",
            )
        rows.append(row)
    staged.records_read = staged.records_loaded = len(rows)
    return rows
