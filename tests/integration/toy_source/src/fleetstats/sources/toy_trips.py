"""Trips of a city that there is not: one record per operator and month."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from fleetstats.core.errors import BadInput
from fleetstats.core.periods import Period, parse_period
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.units import parse_count
from fleetstats.sources.columns import find_columns
from fleetstats.sources.printed import Original, Printed
from fleetstats.sources.records import Faults, Owner, interpret, open_form, read_batches, reject_faults
from fleetstats.sources.staged import Context, Staged

_EDITION = re.compile(r"(20\d\d)(-amended-\d+)?")


def parse_edition(edition: str) -> Period:
    """The year that an edition is of; `ValueError` for another name."""
    match = _EDITION.fullmatch(edition)
    if match is None:
        raise ValueError("a year, such as 2023")
    return Period(date(int(match[1]), 1, 1), date(int(match[1]), 12, 31))


def read(context: Context) -> Staged:
    """Read one filing into toy_month; `BadInput` for a file without records."""
    staged = Staged(context.held.filing.id)
    file = open_form(context)
    columns = find_columns(file, context, staged, parse_edition)
    rows: list[dict[str, Any]] = []
    for batch in read_batches(file, context, staged, Owner(columns.places["operator"])):
        faults = Faults()
        months = interpret(columns.cells(batch, "month"), _month)
        faults.add(columns.title("month"), months)
        trips = interpret(columns.cells(batch, "trips"), parse_count)
        faults.add(columns.title("trips"), trips)
        names = columns.cells(batch, "operator").to_pylist()
        remarks = columns.cells(batch, "remark").to_pylist()
        for i in reject_faults(batch, faults, staged).tolist():
            record = int(batch.records[i])
            rows.append(
                {
                    "filing": staged.filing,
                    "record": record,
                    "operator": context.operators.resolve_name(names[i], file=context.name, record=record),
                    "scope": "robotaxi_fleet",
                    "month": months.values[months.codes[i]],
                    "orders": Decimal(trips.values[trips.codes[i]]),
                    "note": remarks[i] or None,
                }
            )
    if not rows:
        raise BadInput("a file without records", file=context.name, expected="a record per month")
    staged.records_loaded = len(rows)
    staged.tables["toy_month"] = rows_to_table("toy_month", rows)
    return staged


def _month(text: str) -> date:
    return parse_period(text.strip()).start


def printed(original: Original, row: Mapping[str, Any], _: str) -> Iterable[Printed]:
    """The record that a row of toy_month is."""
    header, text = original.cell(row["record"], "trips")
    yield Printed(row["record"], header, text, Decimal(parse_count(text)))
