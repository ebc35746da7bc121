"""Months as NHTSA prints them."""

from __future__ import annotations

import re
from datetime import date

from fleetstats.core.periods import MONTH_NAMES

_MONTH_CELL = re.compile(r"([A-Z]{3})-(20\d\d)")


def parse_month(text: str) -> date | None:
    """`JUL-2026` as the first day of the month, an empty cell as None; `ValueError` for anything else."""
    if not text.strip():
        return None
    match = _MONTH_CELL.fullmatch(text.strip().upper())
    number = MONTH_NAMES.get(match[1].casefold()) if match else None
    if match is None or number is None:
        raise ValueError("no month such as JUL-2026")
    return date(int(match[2]), number, 1)


def month_or_none(text: str) -> date | None:
    """The same, with None for whatever is no month."""
    try:
        return parse_month(text)
    except ValueError:
        return None
