"""The editions of the file: an archive that is closed, and a current file that is replaced about once a month."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from fleetstats.core.errors import BadInput
from fleetstats.core.periods import Period, month_end
from fleetstats.sources.staged import Context

_EDITION = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])(-amended-\d+)?")
_ARCHIVE = "archive-2021-2025"
_FIRST_MONTH = date(2021, 7, 1)
_CURRENT_FROM = date(2025, 4, 1)


def parse_edition(edition: str) -> Period:
    """The incident months of an edition: `archive-2021-2025`, or the month it was seen in, as `2026-08`.

    `ValueError` for another name.
    """
    if edition == _ARCHIVE:
        return Period(_FIRST_MONTH, date(2025, 6, 30))
    match = _EDITION.fullmatch(edition)
    if match is None:
        raise ValueError(f"the month it was issued in, such as 2026-08, or {_ARCHIVE}")
    last = month_end(int(match[1]), int(match[2]))
    if last < _CURRENT_FROM:
        raise ValueError(f"a month after June 2025, when the current file began, or {_ARCHIVE}")
    return Period(_CURRENT_FROM, last)


def replaces(edition: str, editions: Iterable[str]) -> str | None:
    """The edition that a new one replaces: each monthly edition holds all reports of those before it.

    `ValueError` for a month before the latest edition held, which would replace what came after it.
    """
    monthly = sorted(e for e in editions if _EDITION.fullmatch(e))
    if _EDITION.fullmatch(edition) is None or not monthly:
        return None
    if edition < monthly[-1]:
        raise ValueError(f"an edition later than {monthly[-1]}, the latest one held")
    return monthly[-1]


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
