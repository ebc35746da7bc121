"""A trace as a page."""

from __future__ import annotations

from collections.abc import Callable

from fleetstats.core.errors import without_directions
from fleetstats.outputs.trace.model import Cell, Trace
from fleetstats.outputs.trace.text import (
    correction_line,
    corrections_of_filing,
    filing_lines,
    headline,
    key_of,
    number,
    part_line,
)


def trace_html(
    trace: Trace,
    place: Callable[[Cell], str | None] = lambda _: None,
    back: str | None = None,
    records: int | None = None,
) -> str:
    """A trace as one page that needs no network, or to be embedded: every text of it is escaped.

    `place` names a row of it for links; `back` is the address of the page that the reader came from; `records` is
    how many records of each part are listed (default: all).
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("fleetstats.outputs.trace", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=without_directions,
    )  # fmt: skip
    environment.globals.update(
        number=number, key_of=key_of, headline=headline, part_line=part_line, filing_lines=filing_lines,
        corrections_of_filing=corrections_of_filing, correction_line=correction_line,
        place=place, back=back, listed=records,
    )  # fmt: skip
    return environment.get_template("trace.html.j2").render(trace=trace, wrong=trace.wrong)
