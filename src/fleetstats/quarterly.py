"""What is made once a quarter, from what is published."""

from __future__ import annotations

import re
from datetime import date, datetime

from fleetstats.errors import BadArgument
from fleetstats.settings import Settings


def quarter_of(begins: date | datetime | None) -> str:
    """The calendar quarter of a day, such as 2023Q3. Raises `BadArgument` for a run without an interval."""
    if begins is None:
        raise BadArgument("this run has no data interval\n  to do:    name the quarter, such as 2023Q3")
    return f"{begins.year}Q{(begins.month + 2) // 3}"


def draw_quarter(settings: Settings, quarter: str) -> list[str]:
    """Draw every chart into reports/<quarter>/, both languages, PNG and SVG; returns the paths.

    Raises `BadArgument` for what is not a quarter, `ConfigurationError` where nothing is published.
    """
    from fleetstats.charts import CHARTS, FORMATS, LANGUAGES
    from fleetstats.drawing import draw

    if re.fullmatch(r"\d{4}Q[1-4]", quarter) is None:
        raise BadArgument(f"not a quarter: {quarter!r}\n  expected: such as 2023Q3")
    folder = settings.reports / quarter
    drawn = [draw(settings, name, folder, languages=LANGUAGES, formats=FORMATS) for name in CHARTS]
    return [str(path) for one in drawn for path in one.paths]
