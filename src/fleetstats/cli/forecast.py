"""The commands of forecasting: options in, one call into the package, words out. `cli` registers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from fleetstats.cli.options import DryRun, Json, Quiet, Wait, settings, tell
from fleetstats.core.errors import EXIT_BAD_INPUT

_MOST_SHOWN = 20


class FrequencyOption(StrEnum):
    """How long a period is."""

    M = "M"
    Q = "Q"
    Y = "Y"


SeriesNames = Annotated[
    list[str] | None,
    typer.Option("--series", "-s", help="A series, or the beginning of its code; can be given again."),
]


def forecast(
    series: SeriesNames = None,
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input",
            "-i",
            help="Not the warehouse but a CSV file with the columns series_id, period, value.",
        ),
    ] = None,
    frequency: Annotated[
        FrequencyOption | None,
        typer.Option(help="Of --input. M: periods such as 2025-11; Q: 2025Q4; Y: 2025."),
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(min=1, max=120, help="Of --input: how many periods to forecast.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Of --input: write to this .csv or .parquet. Replaced if it is there."
        ),
    ] = None,
    models: Annotated[
        str | None, typer.Option(help="Only these models, with commas between (default: all).")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed for the sample paths.")] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Exit code 0 even if some series were bad.")
    ] = False,
    dry_run: DryRun = False,
    wait: Wait = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Forecast the published series that have not been yet, into the ledger; or any tidy file with --input.

    Of a file, a series that cannot be used is listed with its line; the others are forecast all the same, and
    the exit code is 4, unless --skip-bad. A missing period is imputed, and said.

    [bold]Examples[/bold]

      fleetstats forecast --series orders --series distance/waymo

      fleetstats forecast --input orders.csv --frequency Q --horizon 4 --output out.parquet
    """
    of_file = {
        "--frequency": frequency, "--horizon": horizon, "--output": output, "--models": models, "--seed": seed
    }  # fmt: skip
    if input_file is None:
        _none_of(of_file, "it belongs to a file: name it with --input")
        _forecast_published(series, dry_run, wait, as_json, quiet)
        return
    _none_of({"--series": series, "--dry-run": dry_run or None}, "it is of the warehouse, not of a file")
    if frequency is None or horizon is None or output is None:
        raise typer.BadParameter("--input needs --frequency, --horizon and --output", param_hint="--input")
    from fleetstats.forecast import MODELS
    from fleetstats.forecast.engine.sampling import SEED
    from fleetstats.forecast.files.forecast import forecast_file

    if output.suffix.lower() not in {".csv", ".parquet"}:
        raise typer.BadParameter("the name ends with .csv or .parquet", param_hint="--output")
    named = None if models is None else [part.strip() for part in models.split(",") if part.strip()]
    if named is not None and (not named or set(named) - set(MODELS)):
        raise typer.BadParameter(f"there are {', '.join(MODELS)}", param_hint="--models")
    with _bar(quiet or as_json, "forecasting") as told:
        done = forecast_file(
            input_file,
            output,
            frequency=frequency.value,
            horizon=horizon,
            models=named,
            seed=SEED if seed is None else seed,
            progress=told,
        )
    for bad in done.bad[:_MOST_SHOWN]:
        typer.echo(bad.message(input_file), err=True)
    if len(done.bad) > _MOST_SHOWN:
        typer.echo(f"… and {len(done.bad) - _MOST_SHOWN:,} more bad series (--json lists all)", err=True)
    facts = {
        **vars(done),
        "bad": [vars(bad) for bad in done.bad],
        "left_out": [vars(one) for one in done.left_out],
    }
    words = [f"{done.output}: {done.rows:,} quantiles of {done.series:,} series"]
    if done.missing:
        count = sum(len(periods) for periods in done.missing.values())
        words.append(f"imputed: {count:,} missing periods of {len(done.missing):,} series")
    words += [f"left out: {text}" for text in _left_out(done.left_out)]
    words += [f"bad: {len(done.bad):,} series, listed above"] if done.bad else []
    tell(facts, words, as_json, quiet)
    raise typer.Exit(EXIT_BAD_INPUT if done.bad and not skip_bad else 0)


def _none_of(options: dict[str, Any], why_not: str) -> None:
    for option, value in options.items():
        if value is not None:
            raise typer.BadParameter(why_not, param_hint=option)


def _forecast_published(
    series: list[str] | None, dry_run: bool, wait: float, as_json: bool, quiet: bool
) -> None:
    from fleetstats.core.progress import progress
    from fleetstats.pipeline.forecasts import forecast_published

    with progress(quiet or as_json) as told:
        done = forecast_published(settings(), series, dry_run=dry_run, wait=wait, progress=told)
    said = {
        "unchanged": "Every series has been forecast from these figures; nothing to do.",
        "planned": f"Would forecast {len(done.series)} series.",
        "published": f"Forecast {len(done.series)} series; published {done.publication_id}  ({done.seconds:.1f} s)",
    }[done.status]
    words = [said, *(f"  {name}" for name in done.series), *(f"warning: {text}" for text in done.warnings)]
    tell(vars(done), words, as_json, quiet)


def backtest(
    series: SeriesNames = None,
    dry_run: DryRun = False,
    wait: Wait = 600,
    as_json: Json = False,
) -> None:
    """Forecast past vintages from what had been issued by then, and score them. Goes on where it was stopped.

    Example:  fleetstats backtest --series orders
    """
    from fleetstats.core.progress import progress
    from fleetstats.pipeline.forecasts import backtest as backtest_all

    with progress(as_json) as told:
        done = backtest_all(settings(), series, dry_run=dry_run, wait=wait, progress=told)
    said = {
        "unchanged": f"Nothing to do: {done.done_before} vintages were scored before.",
        "planned": f"Would forecast {done.vintages} vintages of {len(done.series)} series.",
        "published": f"Scored {done.vintages} vintages of {len(done.series)} series: {done.rows:,} scores.",
    }[done.status]
    hint = (
        "See: fleetstats sql \"select * from forecast_scorecard where basis = 'backtest' and series = 'all'\""
    )
    tell(vars(done), [said, *([hint] if done.status == "published" else [])], as_json, quiet=False)


def score(
    forecasts: Annotated[Path, typer.Option(help="What fleetstats forecast wrote: CSV or Parquet.")],
    truth: Annotated[Path, typer.Option(help="What came true: a CSV file with series_id, period, value.")],
    history: Annotated[
        Path | None, typer.Option(help="What was forecast from, to scale errors by (MASE).")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file: .csv, .parquet or .json.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Score forecasts against what came true, per model: CRPS, weighted interval score, MASE, coverage.

    [bold]Example[/bold]

      fleetstats score --forecasts out.csv --truth truth.csv --history orders.csv
    """
    from fleetstats.core.formats import Format, write_table
    from fleetstats.forecast.files.score import score_files

    forms: dict[str, Format] = {".csv": "csv", ".parquet": "parquet", ".json": "json"}
    if output is not None and output.suffix.lower() not in forms:
        raise typer.BadParameter("the name ends with .csv, .parquet or .json", param_hint="--output")
    scored = score_files(forecasts, truth, history)
    import pyarrow as pa

    form: Format = forms[output.suffix.lower()] if output is not None else "json" if as_json else "table"
    write_table(pa.Table.from_pylist(scored.rows), form, output)
    if scored.without_truth:
        typer.echo(f"{scored.without_truth:,} forecasts have no truth and were not scored", err=True)


def _left_out(left_out: list[Any]) -> list[str]:
    """Models left out, counted by reason."""
    counts: dict[tuple[str, str], int] = {}
    for one in left_out:
        counts[one.model, one.reason] = counts.get((one.model, one.reason), 0) + 1
    return [f"{model} for {n:,} series: {reason}" for (model, reason), n in counts.items()][:_MOST_SHOWN]


@contextmanager
def _bar(quiet: bool, what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with the time that is left, on a terminal only."""
    import sys

    if quiet or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
