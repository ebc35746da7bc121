"""Periods as closed dates, and the rules by which a publication's date is known or estimated."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

PUBLICATION_DELAY = timedelta(days=60)
"""How long after its period a figure is assumed to be known where its page prints no date."""

MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}


class Period(NamedTuple):
    """A closed period: both days belong to it."""

    start: date
    end: date


class IssuedOn(NamedTuple):
    """The day a figure became known; `estimated` unless its page prints that very day."""

    day: date
    estimated: bool


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, monthrange(year, month)[1])


def quarter_of(day: date) -> str:
    """The calendar quarter of a day, such as 2023Q3."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def report_year_period(report_year: int) -> Period:
    """The DMV's report year Y: 1 December Y-1 to 30 November Y."""
    return Period(date(report_year - 1, 12, 1), date(report_year, 11, 30))


def months_between(start: date, end: date) -> list[date]:
    """The first day of every month from `start`'s to `end`'s, both included."""
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(first, last + 1)]


def parse_period(text: str) -> Period:
    """`2018`, `2023H1`, `2023Q3`, `2023-08`, `2023-08-11` or `2017-12..2018-11` as a closed period.

    Raises `ValueError` for anything else.
    """
    if text.count("..") == 1:
        first, _, last = text.partition("..")
        period = Period(parse_period(first).start, parse_period(last).end)
        if period.start > period.end:
            raise ValueError(f"a period that ends before it begins: {text}")
        return period
    if match := re.fullmatch(r"(\d{4})", text):
        return Period(date(int(text), 1, 1), date(int(text), 12, 31))
    if match := re.fullmatch(r"(\d{4})(H[12]|Q[1-4])", text):
        year, part = int(match[1]), match[2]
        length = 6 if part[0] == "H" else 3
        last_month = int(part[1]) * length
        return Period(date(year, last_month - length + 1, 1), month_end(year, last_month))
    if match := re.fullmatch(r"(\d{4})-(\d{2})", text):
        year, month = int(match[1]), int(match[2])
        return Period(date(year, month, 1), month_end(year, month))
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        day = date.fromisoformat(text)
        return Period(day, day)
    raise ValueError(f"not a period such as 2018, 2023H1, 2023Q3, 2023-08 or 2017-12..2018-11: {text!r}")


def issued_on(published_on: str, described_until: date) -> IssuedOn:
    """When a figure became known, from the date its page prints and the end of what it describes.

    - a day: that day; the only case that is not an estimate;
    - a month alone: its last day;
    - a year alone: 60 days after the period if that lies inside the year, else the year's last day;
    - several dates (`2021; 2022-12-18`, first published and republished): the latest;
    - nothing: 60 days after the period.
    """
    if not published_on.strip():
        return IssuedOn(described_until + PUBLICATION_DELAY, estimated=True)
    candidates = []
    for part in published_on.split(";"):
        text = part.strip()
        period = parse_period(text)
        if re.fullmatch(r"\d{4}", text):
            assumed = described_until + PUBLICATION_DELAY
            day = assumed if period.start <= assumed <= period.end else period.end
            candidates.append(IssuedOn(day, estimated=True))
        else:
            candidates.append(IssuedOn(period.end, estimated=len(text) < len("2022-12-18")))
    return max(candidates, key=lambda candidate: candidate.day)


def as_of_day(text: str, published_on: str) -> date:
    """The day a state is reported for: a month or a year stands for its last day, but never for one after
    the figure was published."""
    period = parse_period(text)
    if not published_on.strip():
        return period.end
    return min(period.end, issued_on(published_on, period.end).day)
