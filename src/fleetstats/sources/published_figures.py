"""Figures transcribed from publications: one row per number as one page printed it, with its citation.

`figures.csv` of a filing holds the rows; `scopes.csv` of the source says under which scope each printed
category counts; `choices.csv` says, with a reason, which of several disagreeing figures is published.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from fleetstats.core.csv_tables import csv_line, read_rows
from fleetstats.core.errors import BadInput
from fleetstats.core.periods import IssuedOn, as_of_day, issued_on, parse_period
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.vocabulary import BOUNDS, CONFIDENCES
from fleetstats.core.units import mi_to_km
from fleetstats.sources.digest_csv import read_corrected
from fleetstats.sources.recognition import Known, Recognised, Sample, Sure
from fleetstats.sources.staged import Context, Rejected, Staged

SCOPES_FILE = "scopes.csv"
CHOICES_FILE = "choices.csv"

_NUMBER = re.compile(r"[0-9]{1,19}(\.[0-9]{1,9})?")

PREFERENCE = {name: rank for rank, name in enumerate(CONFIDENCES, start=1)} | {"claim": 9}
"""Which confidence is published first where no reviewed choice decides; a choice ranks 0."""

_COLUMNS = (
    "figure company category measure segment region period as_of value unit bound confidence status printed "
    "published_on title url derived_from note"
).split()
_SCOPE_COLUMNS = "company category measure scope area published_as subset note".split()
_CHOICE_COLUMNS = "figure over reason reviewed_on".split()


@dataclass(frozen=True)
class Placement:
    """Where a printed figure belongs: its scope, the area it covers, and the measure it is published as."""

    scope: str
    area: str | None
    measure: str


@cache
def load_scopes(folders: tuple[Path, ...]) -> dict[tuple[str, str, str], Placement]:
    """The reviewed map (company or `*`, printed category, printed measure) → placement."""
    return {
        (row["company"], row["category"], row["measure"]): Placement(
            row["scope"], row["area"] or None, row["published_as"]
        )
        for folder in folders
        for _, row in read_rows(folder / SCOPES_FILE, _SCOPE_COLUMNS)
    }


@cache
def load_choices(folders: tuple[Path, ...]) -> dict[str, str]:
    """The reviewed choices: key of the published figure → reason."""
    return {
        row["figure"]: row["reason"]
        for folder in folders
        for _, row in read_rows(folder / CHOICES_FILE, _CHOICE_COLUMNS)
    }


def read_figures(context: Context) -> Staged:
    """Read a `figures.csv` into published_figure; rows of confidence `low` are set aside with their reason.

    Miles get kilometres beside them. Dates of issue follow `periods.issued_on`; a derived row is known once
    the last of its inputs is. Raises `BadInput` naming record and column for whatever cannot be read, for
    a derived sum that does not come out, and for a category or company that no reviewed line places.
    """
    staged = Staged(context.held.filing.id)
    choices = load_choices(context.folders)
    rows: list[dict[str, Any]] = []
    by_figure: dict[str, dict[str, Any]] = {}

    def reassign(_: int, row: dict[str, str], operator: str) -> dict[str, str]:
        return {**row, "company": operator}

    for number, printed in read_corrected(context, _COLUMNS, staged, reassign):
        if printed["confidence"] == "low":
            staged.rejected.append(
                Rejected(
                    number,
                    f"reviewed as wrong or stale: {printed['note']}",
                    expected=True,
                    source_text=csv_line(*(printed[name] for name in _COLUMNS)),
                )
            )
            continue
        row = _row(number, printed, context, choices)
        if row["figure"] in by_figure:
            raise _bad(context, number, "figure", row["figure"], "a key of its own for each row")
        by_figure[row["figure"]] = row
        rows.append(row)
    followed: set[str] = set()
    for row in rows:
        _follow_inputs(row, by_figure, context, followed)
    if not rows:
        raise BadInput("a file without figures", file=context.name, expected="a record per figure")
    staged.records_loaded = len(rows)
    staged.tables["published_figure"] = rows_to_table("published_figure", rows)
    return staged


def recogniser(code: str) -> Callable[[Sample, Known], Recognised | None]:
    """How a source of transcribed figures knows its own: their form, and categories that its `scopes.csv` places."""

    def recognise(sample: Sample, known: Known) -> Recognised | None:
        if not sample.has(*_COLUMNS):
            return None
        scopes = load_scopes(known.folders(code))
        rows = sample.cells(*sample.places("company", "category", "measure"))
        placed = sum((row in scopes) or (("*", *row[1:]) in scopes) for row in rows)
        if not placed:
            return None
        because = f"{placed:,} of {len(rows):,} rows are of categories and measures that are reviewed"
        sure: Sure = "likely" if placed == len(rows) else "unsure"
        return Recognised(code, "transcribed figures", sure=sure, because=(because,))

    return recognise


def _row(number: int, printed: dict[str, str], context: Context, choices: dict[str, str]) -> dict[str, Any]:
    operator = context.operators.resolve_name(printed["company"], file=context.name, record=number)
    placement = _place(number, printed, context)
    period = as_of = None
    try:
        if printed["period"]:
            period = parse_period(printed["period"])
        if printed["as_of"]:
            as_of = as_of_day(printed["as_of"], printed["published_on"])
    except ValueError as error:
        raise _bad(context, number, "period, as_of", str(error), "a period or a day") from error
    until = as_of or (period.end if period else None)
    if until is None:
        raise _bad(context, number, "period, as_of", "both empty", "one of the two")
    if printed["bound"] not in BOUNDS:
        raise _bad(context, number, "bound", printed["bound"], ", ".join(BOUNDS))
    if printed["confidence"] not in PREFERENCE:
        raise _bad(context, number, "confidence", printed["confidence"], "low, " + ", ".join(PREFERENCE))
    value = _value(number, printed, context)
    try:
        issued: IssuedOn = issued_on(printed["published_on"], until)
    except ValueError as error:
        raise _bad(context, number, "published_on", printed["published_on"], "dates") from error
    chosen = choices.get(printed["figure"])
    kilometres = None
    if value is not None and printed["unit"] in ("km", "mi"):
        kilometres = mi_to_km(value) if printed["unit"] == "mi" else value
    return {
        "figure": printed["figure"],
        "source": context.held.filing.source,
        "filing": context.held.filing.id,
        "record": number,
        "operator": operator,
        "scope": placement.scope,
        "area": placement.area,
        "measure": placement.measure,
        "segment": printed["segment"] or None,
        "region": printed["region"] or None,
        "category": printed["category"] or None,
        "period": printed["period"] or None,
        "period_start": period.start if period else None,
        "period_end": period.end if period else None,
        "as_of": as_of,
        "value": value,
        "unit": printed["unit"],
        "distance_km": kilometres,
        "bound": printed["bound"],
        "confidence": printed["confidence"],
        "status": printed["status"] or None,
        "preference": 0 if chosen else PREFERENCE[printed["confidence"]],
        "choice_reason": chosen,
        "issued_on": issued.day,
        "issued_on_estimated": issued.estimated,
        "printed": printed["printed"] or None,
        "title_printed": printed["title"] or None,
        "url": printed["url"] or None,
        "published_on": printed["published_on"] or None,
        "derived_from": printed["derived_from"] or None,
        "note": printed["note"] or None,
        "corrected": printed["corrected"] or None,
    }


def _place(number: int, printed: dict[str, str], context: Context) -> Placement:
    scopes = load_scopes(context.folders)
    for company in (printed["company"], "*"):
        placement = scopes.get((company, printed["category"], printed["measure"]))
        if placement is not None:
            return placement
    path = context.folders[-1] / SCOPES_FILE
    raise _bad(
        context,
        number,
        "category, measure",
        f"{printed['category']!r}, {printed['measure']!r}",
        "a line of scopes.csv",
        todo=f"decide on its scope and add to {path}: "
        f"{printed['company']},{printed['category']},{printed['measure']},SCOPE,AREA,{printed['measure']},,",
    )


def _value(number: int, printed: dict[str, str], context: Context) -> Decimal | None:
    text = printed["value"]
    if not text:
        if printed["status"] == "filed_empty":
            return None
        raise _bad(context, number, "value", "empty", "a number, or status filed_empty")
    # DECIMAL(28, 9), the type of the column
    if _NUMBER.fullmatch(text) is None:
        raise _bad(
            context,
            number,
            "value",
            text,
            "a plain number such as 1234.5, up to 19 digits and 9 decimal places",
        )
    return Decimal(text)


def _follow_inputs(
    row: dict[str, Any], by_figure: dict[str, dict[str, Any]], context: Context, followed: set[str]
) -> None:
    """Check a derived sum against its inputs, and date it by the last of them, which may be derived too."""
    if row["figure"] in followed or not row["derived_from"]:
        return
    followed.add(row["figure"])
    words = row["derived_from"].split()
    inputs: list[dict[str, Any]] = []
    for word in words:
        found = by_figure.get(word[1:])
        if word[0] not in "+-~" or found is None or found["value"] is None:
            raise _bad(context, row["record"], "derived_from", word, "+key, -key or ~key of a loaded figure")
        _follow_inputs(found, by_figure, context, followed)
        inputs.append(found)
    if all(word[0] in "+-" for word in words):
        total = sum(
            (i["value"] if word[0] == "+" else -i["value"] for word, i in zip(words, inputs, strict=True)),
            Decimal(0),
        )
        # A share is what is left of a whole that is no row of the file
        if total != row["value"]:
            raise _bad(context, row["record"], "value", row["value"], f"{total}, the sum of its inputs")
    last: date = max(i["issued_on"] for i in inputs)
    row["issued_on"] = last
    row["issued_on_estimated"] = any(i["issued_on_estimated"] for i in inputs if i["issued_on"] == last)


def _bad(
    context: Context, record: int, column: str, found: object, expected: str, todo: str | None = None
) -> BadInput:
    return BadInput(
        "a figure that cannot be loaded",
        file=context.name,
        record=record,
        column=column,
        found=found,
        expected=expected,
        todo=todo or "fix the row in the filing's figures.csv, then its sha256 in filing.yml",
    )
