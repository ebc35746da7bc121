"""Builds a quarter's page: reads the marts once, draws, writes the site beside the old one, and puts it in place."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from fleetstats.core.errors import ConfigurationError, without_directions
from fleetstats.core.progress import Progress, silent
from fleetstats.core.settings import Settings
from fleetstats.core.words import Named, Said, counted, languages, message, message_in, name_in_data, words_in

if TYPE_CHECKING:
    from jinja2 import Environment

    from fleetstats.charts import ThemeName
    from fleetstats.outputs.draw_charts import ChartReader, Data
    from fleetstats.outputs.report.tables import Table

LEADS = ("mileage-quarterly", "robotaxi-trips", "orders", "bev-quarterly", "beijing-vs-california")
"""The first of these with a figure of the quarter leads the page."""


@dataclass
class Outcome:
    """What was built, and where it is."""

    quarter: str
    as_of: date | None
    publication_id: str
    folder: Path
    page: Path
    pdfs: list[Path] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    size_bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Picture:
    """One drawing of a chart: its file, its size, and its words."""

    src: str
    language: str
    tag: str
    theme: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True)
class PageChart:
    """A chart on the page, with its tables."""

    name: str
    title: Said
    pictures: list[Picture]
    tables: list[Table]
    downloads: list[str]


def build(
    settings: Settings,
    quarter: str,
    as_of: date | None = None,
    progress: Progress = silent,
    *,
    output: Path | None = None,
    pdf: bool = True,
) -> Outcome:
    """Build the page of `quarter` from the current publication, or from the vintage `as_of`.

    It is written to `<output>/<quarter>/` (default: the reports of the home; a vintage has a folder of its own), and
    `<output>/index.html` lists all quarters. Raises `BadArgument` for what is no quarter, `ConfigurationError`
    where nothing is published or nothing can be written, `Locked` while another page is written there.
    """
    from fleetstats.core.folders import alone, replacement
    from fleetstats.outputs.draw_charts import open_charts, quarter_end
    from fleetstats.outputs.report.assets import chromium, size_of

    started = perf_counter()
    quarter_end(quarter)
    quarter = quarter.upper().replace(" ", "")
    progress("read", quarter)
    root = (output or settings.reports).absolute()
    name = quarter if as_of is None else f"{quarter}-as-of-{as_of.isoformat()}"
    with open_charts(settings, as_of, quarter) as charts:
        outcome = Outcome(
            quarter, as_of, charts.state.publication_id, root / name, root / name / "index.html"
        )
        try:
            browser = chromium() if pdf else None
            if pdf and browser is None:
                outcome.warnings.append("no PDF: there is no Chromium on this machine")
            with alone(outcome.folder), replacement(outcome.folder) as new:
                _write(charts, new, outcome, browser is not None, progress)
                if browser is not None:
                    _print(browser, new, outcome, progress)
            outcome.pdfs = [outcome.folder / path.name for path in outcome.pdfs]
            outcome.size_bytes = size_of(outcome.folder)
            progress("index", str(root))
            write_index(root)
        except OSError as error:
            raise ConfigurationError(
                f"the report could not be written: {error.strerror or error}\n"
                f"  where:    {error.filename or root}\n"
                "  to do:    make room or fix the folder's rights, and run again; the last report is as it was"
            ) from error
    outcome.seconds = perf_counter() - started
    return outcome


def _write(charts: ChartReader, folder: Path, outcome: Outcome, prints: bool, progress: Progress) -> None:
    """Everything but the PDF, into an empty folder."""
    import pyarrow as pa

    from fleetstats.charts import CHARTS
    from fleetstats.outputs.draw_charts import quarter_end
    from fleetstats.outputs.report import evidence, findings, sections, table_specs, tables, traces
    from fleetstats.outputs.report import revisions as revised
    from fleetstats.outputs.report.assets import write_tables

    reader, state, quarter = charts.reader, charts.state, outcome.quarter
    until = quarter_end(quarter)
    known = evidence.load(reader)
    read: dict[str, Table] = {}
    for spec in table_specs.SPECS:
        progress("read", spec.mart)
        read[spec.name] = tables.read(reader, spec, known, quarter, until)
        write_tables(folder / "data", spec.name, read[spec.name].data)
    claims = sections.claims(reader, state)
    anchors = {table.spec.mart: table.figure_anchors for table in read.values()}
    if claims:
        anchors["claim_review"] = {f"claim={c['claim']}": c["anchor"] for c in claims}
    wrong = traces.write_traces(charts.settings, folder, anchors, state, outcome.as_of, progress)
    outcome.warnings += [f"does not add up: {line}" for line in wrong]
    data = [charts.read(chart) for chart in CHARTS.values()]
    for one in data:
        if one.chart.name not in read:
            write_tables(
                folder / "data", one.chart.name, pa.Table.from_pandas(one.frame, preserve_index=False)
            )
    drawn = [
        _chart(one, [t for t in read.values() if t.spec.chart == one.chart.name], folder, outcome, progress)
        for one in data
    ]
    lead = _lead(read, quarter)
    sentences = findings.sentences(read, quarter)
    keys = findings.keys(read, quarter)
    filings = [f for f in known.filings.values() if f["issued_on"] is not None]
    progress("write", "index.html")
    context = {
        "quarter": quarter,
        "as_of": outcome.as_of,
        "state": state,
        "until": until,
        "sentences": sentences,
        "keys": keys,
        "lead": next((chart for chart in drawn if chart.name == lead), drawn[0]),
        "charts": drawn,
        "changed": findings.changed(read, quarter, filings),
        "revised": revised.revised(reader, state, read, until),
        "incidents": [t for t in read.values() if t.spec.chart == table_specs.INCIDENTS],
        "forecasts": sections.forecasts(reader, state, until),
        "claims": claims,
        "checks": sections.checks(reader, state),
        "missing": sections.missing(reader, until),
        "filings": list(known.filings.values()),
        "groups": known.groups,
        "pdfs": _pdfs() if prints else [],
    }
    html = _rendered("report.html.j2", context)
    (folder / "index.html").write_text(html, encoding="utf-8")
    facts = {
        "quarter": quarter,
        "as_of": outcome.as_of.isoformat() if outcome.as_of else None,
        "publication_id": state.publication_id,
        "published_at": state.published_at,
        "sentences": [{language: words_in(language).of(s) for language in languages()} for s in sentences],
    }
    (folder / "report.json").write_text(
        json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )


def _pdfs() -> list[tuple[str, str]]:
    """The file of each language, and what it is called in it."""
    return [
        (f"report.{words.language}.pdf", words.say("PDF ({language})", language=words.habits.name))
        for words in map(words_in, languages())
    ]


def _chart(data: Data, own: list[Table], folder: Path, outcome: Outcome, progress: Progress) -> PageChart:
    """Draw a chart in all languages and both themes; a printable one only in light."""
    from fleetstats.charts.files import EmptyChart, Format, render
    from fleetstats.charts.page import NO_DATA
    from fleetstats.outputs.report.assets import png_size

    every = [words_in(language) for language in reversed(languages())]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", EmptyChart)
        for theme, forms in (("light", ("png", "pdf")), ("dark", ("png",))):
            render(
                data.chart,
                data.frame,
                languages=every,
                themes=(cast("ThemeName", theme),),
                formats=cast("tuple[Format, ...]", forms),
                folder=folder / "charts",
                provenance=data.provenance,
                progress=lambda what: progress("draw", what),
            )
    outcome.warnings += sorted({str(w.message) for w in caught if issubclass(w.category, EmptyChart)})
    name, pictures = data.chart.name, []
    for words in every:
        alt = data.chart.describe(data.frame, words) or words.say(
            "{chart}: {nothing}", chart=data.chart.about, nothing=NO_DATA
        )
        for theme, suffix in (("light", ""), ("dark", ".dark")):
            path = folder / "charts" / f"{name}.{words.language}{suffix}.png"
            pictures.append(
                Picture(f"charts/{path.name}", words.language, words.habits.tag, theme, *png_size(path), alt)
            )
    tables = [t.spec.name for t in own] or [name]
    return PageChart(name, data.chart.about, pictures, own, tables)


def _lead(tables: dict[str, Table], quarter: str) -> str:
    from fleetstats.outputs.report.tables import quarter_of_row

    for name in LEADS:
        if any(quarter_of_row(r) == quarter for r in tables[name].rows):
            return name
    return LEADS[-1]


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from fleetstats.charts.forecast_scorecard import model_name
    from fleetstats.core import statistics
    from fleetstats.outputs.report import words

    environment = Environment(
        loader=PackageLoader("fleetstats.outputs.report", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=without_directions,
    )  # fmt: skip
    environment.globals.update(
        {name: getattr(words, name) for name in (
            "t", "w", "in_all", "labelled", "anchor", "number", "quarter_name", "quarter_code", "Link", "Marked",
        )},
        message=message, message_in=message_in, counted=counted, Named=Named, name_in_data=name_in_data,
        model_name=model_name, languages=words.offered(), statistics=statistics,
        tags={one.language: one.habits.tag for one in words.offered()},
    )  # fmt: skip
    return environment


def _rendered(template: str, context: dict[str, Any]) -> str:
    """A page with the part of the font that its Chinese needs."""
    from fleetstats.outputs.report.assets import font_with, wide

    environment = _environment()
    html = environment.get_template(template).render(**context, font="")
    return environment.get_template(template).render(**context, font=font_with(wide(html) + "·–—’‘“”…"))


def _print(browser: str, folder: Path, outcome: Outcome, progress: Progress) -> None:
    """The page as PDF in each language."""
    from fleetstats.outputs.report.assets import print_pdf

    for language in languages():
        progress("print", f"report.{language}.pdf")
        target = folder / f"report.{language}.pdf"
        problem = print_pdf(browser, folder / "index.html", target, words_in(language).habits.tag)
        if problem:
            outcome.warnings.append(problem)
        else:
            outcome.pdfs.append(target)


def write_index(root: Path) -> Path:
    """The list of all quarters in a folder of reports."""
    from fleetstats.core.files import write_atomically
    from fleetstats.outputs.report.assets import reports_in

    context = {"reports": reports_in(root), "has_checks": (root / "checks.html").exists()}
    path = root / "index.html"
    write_atomically(path, _rendered("index.html.j2", context).encode())
    return path
