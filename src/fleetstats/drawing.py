"""Draws charts of what is published: query, frame, figure, files."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fleetstats.errors import BadArgument, ConfigurationError
from fleetstats.settings import Settings
from fleetstats.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    from fleetstats.charts import Chart, Format, Language


@dataclass(frozen=True)
class Drawn:
    """The files that were written, and what a reader of the chart should be warned of."""

    chart: str
    paths: list[Path]
    warnings: list[str]


def draw(
    settings: Settings,
    name: str,
    folder: Path,
    *,
    languages: Sequence[str],
    formats: Sequence[str],
    as_of: date | None = None,
) -> Drawn:
    """Draw a chart into `folder`, one file per language and format.

    The data are read once for all of them. Raises `BadArgument` for an unknown chart or format, `ConfigurationError`
    where nothing is published.
    """
    from fleetstats.charts import CHARTS, FORMATS, EmptyChart, Provenance, render

    if name not in CHARTS:
        raise BadArgument(f"there is no chart {name!r}\n  expected: {', '.join(sorted(CHARTS))}")
    unknown = [form for form in formats if form not in FORMATS]
    if unknown or not formats:
        raise BadArgument(
            f"there is no format {', '.join(unknown) or '(empty)'}\n  expected: {', '.join(FORMATS)}"
        )
    chart = CHARTS[name]
    warehouse = open_warehouse(settings, as_of)
    frame = warehouse.query(chart.query).to_pandas()
    state = warehouse.state()
    if state is None:
        raise ConfigurationError(f"nothing is published in {warehouse.place}\n  to do:    fleetstats run")
    sources = _sources(warehouse, chart)
    provenance = Provenance(
        publication_id=state.publication_id,
        vintage=as_of,
        sources=tuple(f"{s['publisher']}: {s['title_en']}" for s in sources),
        sources_zh=tuple(f"{s['publisher_zh']}：{s['title_zh']}" for s in sources),
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", EmptyChart)
        paths = render(
            chart,
            frame,
            languages=cast("Sequence[Language]", languages),
            formats=cast("Sequence[Format]", list(dict.fromkeys(formats))),
            folder=folder,
            provenance=provenance,
        )
    return Drawn(name, paths, [str(w.message) for w in caught if issubclass(w.category, EmptyChart)])


def _sources(warehouse: Warehouse, chart: Chart) -> list[dict[str, str]]:
    """The sources that the chart's marts are made from: publisher and titles."""
    from fleetstats.marts import load_statements, sources_of
    from fleetstats.settings import packaged

    wanted = sources_of(chart.query, load_statements(packaged("sql")))
    rows: list[dict[str, str]] = warehouse.query(
        "select source, publisher, publisher_zh, title_en, title_zh from source order by source"
    ).to_pylist()
    return [row for row in rows if row["source"] in wanted]
