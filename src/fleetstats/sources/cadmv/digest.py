"""The digest form of the DMV's files."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from fleetstats.core.errors import BadInput
from fleetstats.core.schema.vocabulary import BOUNDS, CONFIDENCES
from fleetstats.core.units import parse_count
from fleetstats.filings.operators import normalise_permit
from fleetstats.sources.cadmv.forms import permit_of, scope_of
from fleetstats.sources.digest_csv import MARK, check_corrections, read_corrected
from fleetstats.sources.staged import Context, Staged

PUBLISHER = CONFIDENCES[0]
"""The confidence in figures of the publisher's own file."""


class Transcription(NamedTuple):
    """The columns of figures that a person typed, or somebody compiled; what is not said is told by the others."""

    required: tuple[str, ...]
    optional: tuple[str, ...]


def read_digest_rows(
    context: Context, columns: Sequence[str], staged: Staged, transcription: Transcription
) -> list[dict[str, str]]:
    """The rows of a digest of the DMV's or of a transcription, corrected, each with `record`.

    A transcription has the columns of its own form in any order, or those of a digest; it has to say of every row where
    it is printed (`reference`).

    Raises `BadInput` for other columns, for a permit that does not lead to the row's operator, for a digest made
    with other corrections than today's, and for a correction that gives an operator a row that it has already.
    """
    check_corrections(context, staged)
    form = tuple(columns)
    if context.held.filing.status == "transcribed":
        form = _columns_of(context, form, transcription)

    def reassign(number: int, row: dict[str, str], operator: str) -> dict[str, str]:
        permit = permit_of(operator, row["scope"], context, number, row["permit"])
        return {**row, "operator": operator, "permit": permit}

    rows: list[dict[str, str]] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, found in read_corrected(context, form, staged, reassign):
        row = {**dict.fromkeys((*columns, "confidence", "reference"), ""), **found}
        if context.held.filing.status == "transcribed":
            row = _completed(context, number, row)
        resolved = context.operators.operator_of(row["permit"])
        if resolved != row["operator"] or scope_of(row["permit"]) != row["scope"]:
            raise BadInput(
                "a permit leads to another operator or scope than when the digest was made",
                file=context.name,
                record=number,
                column="permit",
                found=f"{row['permit']}: {resolved}, {scope_of(row['permit'])}",
                expected=f"{row['operator']}, {row['scope']}",
                todo=_again(context),
            )
        key = tuple(row.get(name, "") for name in _KEY)
        if row[MARK] and key in seen:
            raise BadInput(
                "a correction gives an operator a row that it has already",
                file=context.name,
                record=number,
                found=", ".join(filter(None, key)),
                expected=f"no such row, as record {seen[key]} is",
                todo="in corrections.yml of the source, drop this row and override the other with the sum",
            )
        seen[key] = number
        rows.append({**row, "record": str(number)})
    staged.records_loaded = len(rows)
    return rows


_KEY = ("table", "permit", "month", "initiated_by", "location")


def _columns_of(context: Context, digest: tuple[str, ...], form: Transcription) -> tuple[str, ...]:
    """The columns that a transcription has; `BadInput` for others, and for one that is missing."""
    with context.held.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        found = tuple(next(csv.reader(file), []))
    if found in (digest, (*digest, MARK)):
        return digest
    missing = [name for name in form.required if name not in found]
    unknown = [name for name in found if name not in (*form.required, *form.optional)]
    if missing or unknown or len(set(found)) != len(found):
        raise BadInput(
            "a transcription with other columns than it has to have",
            file=context.name,
            record=1,
            column=", ".join(missing or unknown) or None,
            found=",".join(found),
            expected=f"{', '.join(form.required)}; and of {', '.join(form.optional)} what is known",
            todo="make the first line what is expected",
        )
    return found


def _completed(context: Context, number: int, row: dict[str, str]) -> dict[str, str]:
    """A row of a transcription with what follows from its permit, and checked as a publisher's record is."""

    def wrong(column: str, expected: str) -> BadInput:
        return BadInput(
            "a transcribed figure that cannot be used",
            file=context.name,
            record=number,
            column=column,
            found=row[column] or "empty",
            expected=expected,
            todo="fix the row, and add the file again",
        )

    permit = normalise_permit(row["permit"])
    scope = scope_of(permit)
    if scope is None:
        raise wrong("permit", "AVT and a number (testing with a driver) or AVDT and a number (driverless)")
    named = row["operator"] or permit
    operator = context.operators.resolve_permit(permit, named, file=context.name, record=number).operator
    if not row["reference"]:
        raise wrong("reference", "the page or document that prints the figure")
    if row["confidence"] not in ("", *CONFIDENCES):
        raise wrong("confidence", ", ".join(CONFIDENCES))
    if row.get("bound", "") not in ("", *BOUNDS):
        raise wrong("bound", ", ".join(BOUNDS))
    return {
        **row,
        "permit": permit,
        "operator": operator,
        "scope": row["scope"] or scope,
        "table": row.get("table", "") or ("month" if row.get("month") else "filer"),
        "confidence": row["confidence"] or "medium",
    }


def _again(context: Context) -> str:
    """What to do about a file that cannot be read: a transcription is a person's, a digest is made."""
    if context.held.filing.status == "transcribed":
        return "fix the row, and add the file again"
    return "make the digest again: fleetstats digest, with FLEETSTATS_ORIGINALS set"


def unreadable_row(context: Context, row: Mapping[str, str], error: ValueError) -> BadInput:
    """What to raise for a row of a digest or a transcription with a cell that means nothing."""
    what = "transcription" if context.held.filing.status == "transcribed" else "digest"
    return BadInput(
        f"a {what} that cannot be read",
        file=context.name,
        record=int(row["record"]),
        found=str(error),
        expected="a number in every cell of a number, and a day such as 2018-01-01",
        todo=_again(context),
    )


def count_or_none(text: str) -> int | None:
    """A whole number, or None where nothing stands."""
    return parse_count(text) if text.strip() else None


def month_of(text: str) -> date:
    """`2018-01-01` or `2018-01` as the first day of the month; `ValueError` for another day."""
    day = date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    if day.day != 1:
        raise ValueError(f"{text} is not the first day of a month")
    return day
