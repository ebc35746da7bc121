"""The pages beside a quarter's page that follow each row it shows back to its records: one page for each mart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats.errors import ConfigurationError
from fleetstats.report.tables import TRACES
from fleetstats.schema import TABLES

if TYPE_CHECKING:
    from fleetstats.report.tables import Spec, Table
    from fleetstats.settings import Settings
    from fleetstats.trace import Cell
    from fleetstats.warehouse import State

Row = dict[str, Any]
Values = tuple[tuple[str, Any], ...]

RECORDS = 10
"""Records of each part that the pages list: a month of a large fleet has hundreds."""

_IN_MARTS = {"operator": ("fleet", "vendor", "company"), "quarter": ("period",)}
"""What marts call it where it is not as on the page."""


def shown_rows(tables: Iterable[Table]) -> dict[str, dict[Values, str]]:
    """By mart: the key of each row that is shown, in the mart's own columns, and its address."""
    found: dict[str, dict[Values, str]] = defaultdict(dict)
    for table in tables:
        columns = [_column(table.spec, name) for name in table.spec.key]
        for key, address in table.addresses.items():
            found[table.spec.mart][tuple(zip(columns, key, strict=True))] = address
    return dict(found)


def _column(spec: Spec, name: str) -> str:
    columns = TABLES[spec.mart].columns
    return name if name in columns else next(other for other in _IN_MARTS[name] if other in columns)


def write_traces(
    settings: Settings,
    folder: Path,
    rows: dict[str, dict[Values, str]],
    state: State,
    as_of: date | None,
    progress: Callable[[str, str], None],
) -> list[str]:
    """Follow these rows and write `trace/<mart>.html`; returns what did not add up.

    Raises `ConfigurationError` if another publication came while the page was being made: its numbers would be
    other ones than those that are followed.
    """
    from fleetstats.trace import trace_rows
    from fleetstats.trace_output import trace_html

    (folder / TRACES).mkdir()
    wrong: list[str] = []
    for mart, places in rows.items():
        progress("trace", mart)
        found = trace_rows(settings, mart, [dict(values) for values in places], as_of=as_of)
        if found.publication["publication_id"] != state.publication_id:
            raise ConfigurationError(
                "something else was published while the page was being made\n  to do:    make it again"
            )
        columns = [column for column, _ in next(iter(places))]

        def place(cell: Cell, columns: list[str] = columns, places: dict[Values, str] = places) -> str | None:
            return places.get(tuple((column, cell.key.get(column)) for column in columns))

        html = trace_html(found, place, back="../index.html", records=RECORDS)
        (folder / TRACES / f"{mart}.html").write_text(html, encoding="utf-8")
        wrong += found.wrong
    return wrong
