"""What the California DMV's forms say: editions, permits, scopes, headers, dates."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from fleetstats.core.errors import BadInput
from fleetstats.core.periods import MONTH_NAMES, Period, report_year_period
from fleetstats.filings.operators import normalise_permit
from fleetstats.sources.columns import FoundColumns
from fleetstats.sources.records import Batch, Owner
from fleetstats.sources.staged import Context

WITH_DRIVER = "cadmv_testing_with_driver"


DRIVERLESS = "cadmv_testing_driverless"


_EDITION = re.compile(r"(?P<year>20\d{2})(?P<kind>-first-time|-driverless-first|-driverless)?(-amended-\d+)?")


class Edition(NamedTuple):
    """What an edition's name says: its report year, and the period where no month columns do."""

    report_year: int
    period: Period


def parse_edition(edition: str) -> Edition:
    """`2023`, `2023-first-time`, `2023-driverless`, `2022-driverless-first`, each with `-amended-N`.

    First-time and first driverless reports reach back to January of the year before; the others are report
    years. `ValueError` for another name.
    """
    match = _EDITION.fullmatch(edition)
    if match is None:
        raise ValueError("2023, 2023-first-time, 2023-driverless or 2023-driverless-first, for its year")
    year = int(match["year"])
    period = report_year_period(year)
    if match["kind"] in ("-first-time", "-driverless-first"):
        period = Period(date(year - 1, 1, 1), period.end)
    return Edition(year, period)


def edition_period(edition: str) -> Period:
    """The period of an edition's name; `ValueError` for another name."""
    return parse_edition(edition).period


def edition_of(context: Context) -> Edition:
    """What the name of a filing's edition says; `BadInput` if it is no edition of the DMV's reports."""
    filing = context.held.filing
    try:
        return parse_edition(filing.edition)
    except ValueError as error:
        raise BadInput(
            "not an edition of this source",
            file=context.name,
            column="edition",
            found=filing.edition,
            expected=str(error),
            todo="rename the filing's folder and its edition in filing.yml",
        ) from error


def scope_of(permit: str) -> str | None:
    """The programme that a permit number belongs to: AVT… with a driver, AVDT… driverless, else None."""
    if re.fullmatch(r"AVT\d+", permit):
        return WITH_DRIVER
    if re.fullmatch(r"AVDT\d+", permit):
        return DRIVERLESS
    return None


def parse_month_header(cell: str) -> date | None:
    """The month of a header cell such as `DEC 2019`, `JULY 2020`, `18-Dec`; None for any other cell."""
    match = re.fullmatch(
        r"(?P<m1>[a-z]{3,9})[\s.-]*(?P<y1>\d{4}|\d{2})|(?P<y2>\d{4}|\d{2})[\s.-]*(?P<m2>[a-z]{3,9})",
        cell.strip().casefold(),
    )
    if match is None:
        return None
    month = MONTH_NAMES.get(match["m1"] or match["m2"])
    year = int(match["y1"] or match["y2"])
    return None if month is None else date(year + 2000 if year < 100 else year, month, 1)


def is_month(cell: str) -> bool:
    """Whether a header cell names a month."""
    return parse_month_header(cell) is not None


_TIME = r"( (/ )?\d{1,2}:\d{2}(:\d{2})?( ?[ap]m)?)?"
"""A time of day that a form or a spreadsheet adds; it is not looked at."""

_DATE_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), order)
    for pattern, order in (
        (r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})" + _TIME, "mdy"),
        (r"(\d{4})-(\d{2})-(\d{2})" + _TIME, "ymd"),
        (r"(\d{4})\.(\d{1,2})\.(\d{1,2})\.?" + _TIME, "ymd"),
        (r"(\d{4})/(\d{1,2})/(\d{1,2})", "ymd"),
        (r"(\d{4})(\d{2})(\d{2})", "ymd"),
        (r"(\d{1,2})\.(\d{1,2})\.(\d{4})", "mdy"),
        (r"(\d{1,2})/([a-z]{3,9})/(\d{4}|\d{2})", "dby"),
        (r"([a-z]{3,9})\.? (\d{1,2}),? (\d{4})", "bdy"),
    )
)


def parse_event_date(text: str) -> date:
    """The day of a disengagement, in any form that the DMV's filers have used.

    Numbers in American order are month first, always: no filer was found to put the day first, and a day
    over 12 in the month's place is an error rather than a guess. Two-digit years are 20YY. `ValueError`
    for any other form and for days that do not exist.
    """
    compact = " ".join(text.split()).casefold()
    for pattern, order in _DATE_FORMS:
        match = pattern.fullmatch(compact)
        if match is None:
            continue
        parts = dict(zip(order, match.groups()[:3], strict=True))
        month = MONTH_NAMES.get(parts["b"]) if "b" in parts else int(parts["m"])
        if month is None:
            raise ValueError(f"no month is called {parts['b']!r}")
        year = int(parts["y"])
        try:
            return date(year + 2000 if year < 100 else year, month, int(parts["d"]))
        except ValueError:
            raise ValueError("no day of the calendar, month first") from None
    raise ValueError("not a date such as 3/28/2023, 2023-03-28, 20230328 or Mar 28, 2023")


def owner_of(columns: FoundColumns, context: Context) -> Owner:
    """Whose a record is, by its columns of name and permit; a record given to another operator changes both."""
    name, permit = columns.places["manufacturer"], columns.places["permit"]

    def reassign(operator: str, batch: Batch, position: int) -> dict[int, str]:
        printed = normalise_permit(batch.cells[permit][position].as_py())
        record = int(batch.records[position])
        return {name: operator, permit: permit_of(operator, scope_of(printed), context, record, printed)}

    return Owner(name, reassign)


def permit_of(operator: str, scope: str | None, context: Context, record: int, printed: str) -> str:
    """The permit that an operator holds in a programme; `BadInput` unless there is exactly one."""
    held = [p for p in context.operators.permits_of(operator) if scope_of(p) == scope]
    if scope is None or len(held) != 1:
        raise BadInput(
            "a record cannot be given to another operator by its code alone",
            file=context.name,
            record=record,
            column="Permit Number",
            found=f"printed {printed}; {operator} holds {', '.join(held) or 'no permit'} in that programme",
            expected=f"one permit of {operator} in the programme of the printed one",
            todo="in corrections.yml of the source, use override of Permit Number instead of reassign",
        )
    return held[0]
