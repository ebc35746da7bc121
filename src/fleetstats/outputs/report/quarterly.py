"""What is made once a quarter, from what is published."""

from __future__ import annotations

from datetime import date, datetime

from fleetstats.core.errors import BadArgument
from fleetstats.core.periods import quarter_of
from fleetstats.core.settings import Settings


def quarter_of_run(begins: date | datetime | None) -> str:
    """The calendar quarter of a day, such as 2023Q3. Raises `BadArgument` for a run without an interval."""
    if begins is None:
        raise BadArgument("this run has no data interval\n  to do:    name the quarter, such as 2023Q3")
    return quarter_of(begins)


def build_quarter(settings: Settings, quarter: str) -> list[str]:
    """Build the page of a quarter in reports/<quarter>/ and the index of all; returns the page and its PDFs.

    Raises `BadArgument` for what is not a quarter, `ConfigurationError` where nothing is published.
    """
    from fleetstats.outputs.report import build

    built = build(settings, quarter)
    return [str(path) for path in (built.page, *built.pdfs)]
