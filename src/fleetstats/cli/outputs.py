"""Commands that show what is published: SQL, charts, pages."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fleetstats.cli.options import AsOf, Json, Quiet, parse_day, settings, tell
from fleetstats.core.words import SOURCE, languages, words_in


class OutputFormat(StrEnum):
    """How a result is written."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


class Themes(StrEnum):
    """In which colours a chart is drawn."""

    light = "light"
    dark = "dark"
    both = "both"


def offered() -> tuple[str, ...]:
    """The languages that there are, the source language last, and the word for all of them."""
    return (*languages()[::-1], "both")


def one_of_them(language: str) -> str:
    """The language, if there is such a one."""
    if language not in offered():
        raise typer.BadParameter(f"{language!r} is not one of {', '.join(map(repr, offered()))}.")
    return language


Quarter = Annotated[
    str | None, typer.Option("--quarter", help="The last quarter described, such as 2023Q3 (default: all).")
]


def sql(
    statement: Annotated[str, typer.Argument(help="One SELECT on the published tables.")],
    form: Annotated[OutputFormat, typer.Option("--format", "-f")] = OutputFormat.table,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file; - is standard output.")
    ] = None,
    as_of: AsOf = None,
    time_limit: Annotated[
        float,
        typer.Option(
            "--time-limit", min=0.1, max=86_400, help="Seconds after which the statement is given up."
        ),
    ] = 600,
) -> None:
    """Query the published warehouse: one SELECT, or EXPLAIN of one. Nothing can be written, and no file read.

    [bold]Examples[/bold]

      fleetstats sql "select quarter, orders, bound from orders_quarterly order by quarter"

      fleetstats sql "select * from mileage_monthly" --format parquet --output mileage.parquet
    """
    from fleetstats.core.formats import write_table
    from fleetstats.warehouse.registry import open_warehouse

    with open_warehouse(settings(), parse_day(as_of)).read(time_limit=time_limit) as reader:
        found = reader.ask(statement)
    write_table(found, form.value, output)


def chart(
    name: Annotated[str | None, typer.Argument(help="Name of the chart; see below.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write to.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Draw all charts.")] = False,
    quarter: Quarter = None,
    lang: Annotated[
        str,
        typer.Option(help="Language of the chart.", metavar=f"<{'|'.join(offered())}>", callback=one_of_them),
    ] = "both",
    theme: Annotated[Themes, typer.Option(help="Colours of the chart.")] = Themes.light,
    form: Annotated[str, typer.Option("--format", help="png, svg, pdf, or several with commas.")] = "png,svg",
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Draw charts from the published warehouse. Without a name or --all: list them.

    [bold]Examples[/bold]

      fleetstats chart beijing-vs-california --output charts/

      fleetstats chart --all --quarter 2023Q3 --theme both --format png,pdf --output charts/
    """
    from fleetstats.charts import CHARTS

    if name is None and not every:
        words = words_in(SOURCE)
        names = {one.name: words.of(one.about) for one in CHARTS.values()}
        tell(names, [f"{key:24}{title}" for key, title in names.items()], as_json)
        return
    if name is not None and every:
        raise typer.BadParameter("a name, or --all, but not both", param_hint="NAME")
    if output is None:
        raise typer.BadParameter("the folder to write to is missing", param_hint="--output")
    from fleetstats.core.progress import progress
    from fleetstats.outputs.draw_charts import Looks, draw

    with progress(as_json) as told:
        drawn = draw(
            settings(),
            [] if name is None else [name],
            output,
            Looks(
                languages=offered()[:-1] if lang == "both" else (lang,),
                formats=tuple(part.strip() for part in form.split(",")),
                themes=("light", "dark") if theme is Themes.both else (theme.value,),
            ),
            quarter=quarter,
            as_of=parse_day(as_of),
            progress=told,
        )
    lines = [str(path) for path in drawn.paths] + [f"warning: {text}" for text in drawn.warnings]
    lines.append(
        f"{len(drawn.paths)} files, {drawn.seconds_reading:.1f} s reading, {drawn.seconds_drawing:.1f} s drawing"
    )
    tell(vars(drawn), lines, as_json)


def report(
    quarter: Annotated[str, typer.Option("--quarter", help="The quarter described, such as 2023Q3.")],
    as_of: AsOf = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of reports (default: reports/ of the home).")
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf/--no-pdf", help="Print a PDF too, where Chromium is found.")
    ] = True,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Build the page of a quarter: charts, tables, findings, checks and sources, in Chinese and English.

    It opens from disk. --quarter is the time described, --as-of what was known (after fleetstats run --as-of).

    [bold]Examples[/bold]

      fleetstats report --quarter 2023Q3

      fleetstats report --quarter 2023Q3 --as-of 2023-11-30
    """
    from fleetstats.core.progress import progress
    from fleetstats.outputs.report import build

    with progress(quiet or as_json) as told:
        built = build(settings(), quarter, parse_day(as_of), told, output=output, pdf=pdf)
    words = [
        str(built.page),
        *(f"warning: {text}" for text in built.warnings),
        f"{built.quarter} from {built.publication_id}: {built.size_bytes / 2**20:.1f} MB, {built.seconds:.1f} s",
    ]
    tell(vars(built), words, as_json, quiet)
