"""The editions of the file: of the first order, closed by an archive, and of the amended one, replaced every month.

An edition ends in the month before its day: its name is the month after the last one in which reports were submitted.
The reports of the first order are those submitted to June 2025, so that an edition of it that ends there is the
archive, whatever day it was posted on. Which editions replace each other stands in the source's `source.yml`.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from fleetstats.core.errors import BadInput
from fleetstats.core.periods import Period, month_end
from fleetstats.filings.chains import without_amendment
from fleetstats.sources.staged import Context

_EDITION = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
ARCHIVE = "archive-2021-2025"
FIRST_MONTH = date(2021, 7, 1)
FIRST_ORDER_ENDS = date(2025, 6, 30)
_AMENDED_FROM = date(2025, 4, 1)
"""The earliest incidents in reports under the amended order."""


def parse_edition(edition: str) -> Period:
    """The incident months of an edition: `archive-2021-2025`, or the month it was seen in, as `2026-08`; each may be an
    amendment, as `2026-08-amended-1`.

    `ValueError` for another name.
    """
    name = without_amendment(edition)
    if name == ARCHIVE:
        return Period(FIRST_MONTH, FIRST_ORDER_ENDS)
    match = _EDITION.fullmatch(name)
    if match is None:
        raise ValueError(f"the month it was issued in, such as 2026-08, or {ARCHIVE}")
    last = date(int(match[1]), int(match[2]), 1) - timedelta(days=1)
    if last <= FIRST_MONTH:
        raise ValueError(f"a month after July 2021, when the first reports came in, or {ARCHIVE}")
    return Period(FIRST_MONTH if last < FIRST_ORDER_ENDS else _AMENDED_FROM, last)


def edition_of_month(last: date, *, first_order: bool) -> str:
    """The edition of a file whose last reports were submitted in the month of `last`."""
    end = month_end(last.year, last.month)
    if first_order and end >= FIRST_ORDER_ENDS:
        return ARCHIVE
    return f"{end + timedelta(days=1):%Y-%m}"


def check_edition(context: Context) -> None:
    """`BadInput` for a filing whose edition's name is none of this source."""
    try:
        parse_edition(context.held.filing.edition)
    except ValueError as error:
        raise BadInput(
            "not an edition of this source",
            file=context.name,
            column="edition",
            found=context.held.filing.edition,
            expected=str(error),
            todo="rename the filing's folder and its edition in filing.yml",
        ) from error
