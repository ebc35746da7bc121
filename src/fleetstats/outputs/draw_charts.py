"""Draws charts of what is published: query, frame, figure, files."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from fleetstats.core.errors import BadArgument, ConfigurationError
from fleetstats.core.progress import Progress, silent
from fleetstats.core.settings import Settings
from fleetstats.core.words import languages, message, name_in_data, words_in
from fleetstats.warehouse.base import Reader, State
from fleetstats.warehouse.registry import open_warehouse

if TYPE_CHECKING:
    import pandas as pd

    from fleetstats.charts import Chart, Provenance, ThemeName
    from fleetstats.charts.files import Format


@dataclass(frozen=True)
class Looks:
    """Which files of a chart are wanted: one for each language, theme and format."""

    languages: Sequence[str] = field(default_factory=lambda: languages()[::-1])
    formats: Sequence[str] = ("png", "svg")
    themes: Sequence[str] = ("light",)


@dataclass(frozen=True)
class Drawn:
    """The files that were written, and what a reader of the charts should be warned of.

    `alt` is each chart's picture in words, by name and language.
    """

    charts: list[str]
    paths: list[Path]
    warnings: list[str]
    alt: dict[str, dict[str, str]] = field(default_factory=dict)
    seconds_reading: float = 0.0
    seconds_drawing: float = 0.0


@dataclass(frozen=True)
class Data:
    """What one chart is drawn of, read once for all languages, themes and formats."""

    chart: Chart
    frame: pd.DataFrame
    provenance: Provenance


@contextmanager
def open_charts(
    settings: Settings, as_of: date | None = None, quarter: str | None = None
) -> Iterator[ChartReader]:
    """Read charts from one publication, however long it takes.

    Raises `ConfigurationError` where nothing is published, `BadArgument` for a quarter without a day in it.
    """
    warehouse = open_warehouse(settings, as_of)
    state = warehouse.state()
    if state is None:
        day = f" --as-of {as_of}" if as_of else ""
        raise ConfigurationError(
            f"nothing that was published can be drawn\n  where:    {warehouse.place}\n"
            f"  found:    {warehouse.why_no_state()}\n  to do:    fleetstats run{day}"
        )
    with warehouse.read() as reader:
        if quarter is not None:
            known = as_of or datetime.fromisoformat(state.published_at).date()
            _refuse_without_a_day(reader, quarter, known)
        yield ChartReader(settings, reader, state, as_of, quarter)


def _refuse_without_a_day(reader: Reader, quarter: str, known: date) -> None:
    """Raise `BadArgument` for a quarter that had not begun when this was known, or ended before the first filing's."""
    from fleetstats.core.periods import quarter_of

    [row] = reader.query("select min(period_start) as first from filing").to_pylist()
    first, last = quarter_of(row["first"]), quarter_of(known)
    asked = quarter.upper().replace(" ", "")
    quarter_end(quarter)
    if not first <= asked <= last:
        raise BadArgument(
            f"nothing can be said of {asked}: it has no day that is published\n"
            f"  expected: a quarter from {first} to {last}"
        )


class ChartReader:
    """Reads the frames of charts from one publication."""

    def __init__(
        self, settings: Settings, reader: Reader, state: State, as_of: date | None, quarter: str | None
    ) -> None:
        from fleetstats.core.settings import packaged_folders
        from fleetstats.warehouse.marts import load_statements

        self.settings, self.reader, self.state = settings, reader, state
        self.as_of, self.quarter = as_of, quarter
        self.until = None if quarter is None else quarter_end(quarter)
        self._statements = load_statements(*packaged_folders("sql"))
        self.sources: list[dict[str, Any]] = reader.query("select * from source order by source").to_pylist()

    def read(self, chart: Chart) -> Data:
        """The frame of a chart; without rows where a table that it reads is not published."""
        import pandas as pd

        from fleetstats.charts import Provenance
        from fleetstats.warehouse.dependencies import reads, sources_of

        query = chart.sql(self.until)
        if reads(query) - self.state.rows.keys():
            frame = pd.DataFrame(columns=list(chart.columns))
        else:
            frame = self.reader.query(query).to_pandas()
        wanted = set(chart.sources) or sources_of(query, self._statements)
        sources = [s for s in self.sources if s["source"] in wanted]
        provenance = Provenance(
            publication_id=self.state.publication_id,
            vintage=self.as_of,
            sources=tuple(
                message(
                    "{publisher}: {title}",
                    publisher=name_in_data(s, "publisher", s["publisher"]),
                    title=name_in_data(s, "title", s["source"]),
                )
                for s in sources
            ),
            quarter=self.quarter,
            query=query,
            reaches=self._reaches(frame, chart.ends),
        )
        return Data(chart, frame, provenance)

    def _reaches(self, frame: pd.DataFrame, ends: str) -> str | None:
        """The last quarter with data, where the quarter described is more than a year later."""
        from fleetstats.core.periods import quarter_of

        last = frame[ends].max() if ends and len(frame) else None
        if self.until is None or last is None or (self.until - last).days <= 366:
            return None
        return quarter_of(last)


def quarter_end(quarter: str) -> date:
    """The last day of a quarter such as 2023Q3; `BadArgument` for anything else."""
    from fleetstats.core.periods import parse_period

    if not re.fullmatch(r"(19|20)\d\d ?Q[1-4]", quarter.upper()):
        raise BadArgument(f"there is no quarter {quarter!r}\n  expected: year and quarter, such as 2023Q3")
    return parse_period(quarter.upper().replace(" ", "")).end


def chosen(names: Sequence[str]) -> list[Chart]:
    """The charts of these names, all without any; `BadArgument` for a name that there is not."""
    from fleetstats.charts import CHARTS

    for name in names:
        if name not in CHARTS:
            raise BadArgument(f"there is no chart {name!r}\n  expected: {', '.join(sorted(CHARTS))}")
    return [CHARTS[name] for name in dict.fromkeys(names)] or list(CHARTS.values())


def draw(
    settings: Settings,
    names: Sequence[str],
    folder: Path,
    looks: Looks,
    *,
    quarter: str | None = None,
    as_of: date | None = None,
    progress: Progress = silent,
) -> Drawn:
    """Draw charts (all without `names`) into `folder`, one file per chart, language, theme and format.

    The data of a chart are read once for all of them. Raises `BadArgument` for an unknown chart, quarter, language or
    format, `ConfigurationError` where nothing is published.
    """
    from fleetstats.charts.files import FORMATS, EmptyChart, render

    charts, every = chosen(names), [words_in(language) for language in looks.languages]
    unknown = [form for form in looks.formats if form not in FORMATS]
    if unknown or not looks.formats:
        raise BadArgument(
            f"there is no format {', '.join(unknown) or '(empty)'}\n  expected: {', '.join(FORMATS)}"
        )
    started = perf_counter()
    read = []
    with open_charts(settings, as_of, quarter) as reader:
        for chart in charts:
            progress("read", chart.name)
            read.append(reader.read(chart))
    all_read = perf_counter()
    paths: list[Path] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", EmptyChart)
        for data in read:
            paths += render(
                data.chart,
                data.frame,
                languages=every,
                themes=cast("Sequence[ThemeName]", looks.themes),
                formats=cast("Sequence[Format]", list(dict.fromkeys(looks.formats))),
                folder=folder,
                provenance=data.provenance,
                progress=lambda what: progress("draw", what),
            )
    return Drawn(
        [chart.name for chart in charts],
        paths,
        [str(w.message) for w in caught if issubclass(w.category, EmptyChart)],
        {d.chart.name: {words.language: d.chart.describe(d.frame, words) for words in every} for d in read},
        all_read - started,
        perf_counter() - all_read,
    )
