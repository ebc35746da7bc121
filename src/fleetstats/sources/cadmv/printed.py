"""What the DMV's own files print behind a core row, and how its rows stand in a digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from fleetstats.sources.cadmv.forms import parse_month_header
from fleetstats.sources.printed import DigestRows, Original, Printed

_MILES = {
    "distance_mi_reported": "distance_mi",
    "annual_mi": "distance_mi",
    "annual_mi_high": "distance_mi_high",
}

MILEAGE_IN_DIGEST = {
    "cadmv_mileage_month": DigestRows("month", ("permit", "month"), _MILES),
    "cadmv_mileage_filer": DigestRows("filer", ("permit",), _MILES),
}
EVENTS_IN_DIGEST = {
    "cadmv_event_count": DigestRows("event_count", ("permit", "month", "initiated_by", "location")),
}


def _month(original: Original, row: Mapping[str, Any], _: str) -> Iterable[Printed]:
    """The cells of a permit's cars in one month."""
    for found in original.rows("cadmv_vehicle_month", permit=row["permit"], month=row["month"]):
        header, text = original.cell(found["record"], lambda cell: parse_month_header(cell) == row["month"])
        note = "empty, counts as 0" if found["cell_blank"] else None
        yield Printed(found["record"], header, text, found["distance_mi_reported"], note)


def _annual(original: Original, row: Mapping[str, Any], column: str) -> Iterable[Printed]:
    """The annual totals of a permit's cars, of miles or of disengagements."""
    wanted = "disengagements" if column == "disengagements" else "annual_total"
    for found in original.rows("cadmv_vehicle_report", permit=row["permit"]):
        header, text = original.cell(found["record"], wanted)
        value, note = found["annual_mi"], None
        if wanted == "disengagements":
            value = Decimal(found["disengagements"])
        elif value is None:
            value, note = found["months_mi"], "empty: the sum of its months"
        yield Printed(found["record"], header, text, value, note)


def _events(original: Original, row: Mapping[str, Any], _: str) -> Iterable[Printed]:
    """The days of the events that were counted."""
    same = {k: row[k] for k in ("permit", "month", "initiated_by", "location")}
    for found in original.rows("cadmv_event", **same):
        header, text = original.cell(found["record"], "date")
        note = f"{found['initiated_by_printed']}, {found['location_printed']}"
        yield Printed(found["record"], header, text, Decimal(1), note)


MILEAGE = {"cadmv_mileage_month": _month, "cadmv_mileage_filer": _annual}
EVENTS = {"cadmv_event_count": _events}
