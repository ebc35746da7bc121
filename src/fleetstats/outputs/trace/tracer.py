"""A published cell, followed back: the records that it is made of, what they print, and all that was done to them.

The lineage comes from the publication; what the records print is read again from the files on this machine. What
the records add has to be the cell, to the last digit: where it is not, the trace says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import BadArgument, shorten
from fleetstats.core.schema.keys import key_text
from fleetstats.core.schema.model import Table
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.outputs.trace.cells import Cells
from fleetstats.outputs.trace.conditions import EVERY_ROW, is_one_of
from fleetstats.outputs.trace.model import Trace
from fleetstats.outputs.trace.published import Published
from fleetstats.outputs.trace.source_records import Filings
from fleetstats.outputs.trace.where_clause import parse_condition

if TYPE_CHECKING:
    from fleetstats.core.settings import Settings

LIMIT = 20
"""Rows of a mart that are traced at once unless told otherwise."""

_LONGEST_QUERY = 60.0
"""Seconds that a query may take: conditions come from strangers."""


def trace(
    settings: Settings,
    mart: str,
    where: str | None = None,
    *,
    column: str | None = None,
    limit: int = LIMIT,
    as_of: date | None = None,
) -> Trace:
    """Follow the rows of `mart` for which the condition `where` holds (default: all) back to their records.

    `column` is the one to follow (default: every column that has lineage). Reads the publication and the files on
    this machine; writes nothing. Raises `BadArgument` for a mart, column or condition that there is not, for no row
    and for more than `limit`; `ConfigurationError` where nothing is published, or nothing with lineage.
    """
    spec = _mart(mart)
    if column is not None and column not in spec.columns:
        raise BadArgument(f"{mart} has no column {shorten(column)}\n  expected: {', '.join(spec.columns)}")
    condition = parse_condition(where, spec) if where is not None else EVERY_ROW
    return _followed(
        settings, spec, where or "", lambda asked: asked.matching(spec, condition, limit), column, as_of
    )


def trace_figures(
    settings: Settings, mart: str, figure_keys: Iterable[str], *, as_of: date | None = None
) -> Trace:
    """Follow the rows of `mart` with these keys, as the column `figure_key` of `lineage` gives them.

    For a page that lists them: a row that is no longer there is left out. Otherwise as `trace`.
    """
    spec = _mart(mart)
    condition = is_one_of(key_text(spec, "t"), figure_keys)
    return _followed(settings, spec, "", lambda asked: asked.rows(spec, condition), None, as_of)


def _followed(
    settings: Settings,
    spec: Table,
    where: str,
    chosen: Callable[[Published], list[dict[str, Any]]],
    column: str | None,
    as_of: date | None,
) -> Trace:
    from fleetstats.warehouse.registry import open_warehouse

    warehouse = open_warehouse(settings, as_of)
    with warehouse.read(time_limit=_LONGEST_QUERY) as reader:
        published = Published(reader)
        cells = Cells(published, Filings(settings)).of_rows(spec, chosen(published), column)
        last = published.last()
        return Trace(
            publication={
                "place": warehouse.place,
                **{k: str(last.get(k)) for k in ("publication_id", "run_id", "published_at", "code_version")},
            },
            mart=spec.name,
            where=where,
            cells=cells,
            filings=published.filings(),
        )


def _mart(name: str) -> Table:
    if name not in TABLES or TABLES[name].kind != "mart":
        raise BadArgument(
            f"there is no mart {shorten(name)}\n  expected: {', '.join(t.name for t in tables('mart'))}"
        )
    return TABLES[name]
