"""The pages beside a quarter's page that follow each row it shows back to its records: one page for each mart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from fleetstats.core.errors import ConfigurationError
from fleetstats.outputs.report.tables import TRACES

if TYPE_CHECKING:
    from fleetstats.core.settings import Settings
    from fleetstats.outputs.trace.model import Cell
    from fleetstats.warehouse.base import State

RECORDS = 10
"""Records of each part that the pages list: a month of a large fleet has hundreds."""


def write_traces(
    settings: Settings,
    folder: Path,
    anchors: Mapping[str, Mapping[str, str]],
    state: State,
    as_of: date | None,
    progress: Callable[[str, str], None],
) -> list[str]:
    """Follow rows and write `trace/<mart>.html`; returns what did not add up.

    `anchors` has by mart the `figure_key` of each row, and its address on its page.

    Raises `ConfigurationError` if another publication came while the page was being made: its numbers would be
    other ones than those that are followed.
    """
    from fleetstats.outputs.trace.html import trace_html
    from fleetstats.outputs.trace.tracer import trace_figures

    (folder / TRACES).mkdir()
    wrong: list[str] = []
    for mart, places in anchors.items():
        progress("trace", mart)
        found = trace_figures(settings, mart, places, as_of=as_of)
        if found.publication["run_id"] != state.run_id:
            raise ConfigurationError(
                "something else was published while the page was being made\n  to do:    make it again"
            )

        def place(cell: Cell, places: Mapping[str, str] = places) -> str | None:
            return places.get(cell.figure_key)

        html = trace_html(found, place, back="../index.html", records=RECORDS)
        (folder / TRACES / f"{mart}.html").write_text(html, encoding="utf-8")
        wrong += found.wrong
    return wrong
