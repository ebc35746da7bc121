"""The commands about forecasts: options in, one call into the package, words out. No logic."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode="rich")

SeriesNames = Annotated[
    list[str] | None,
    typer.Option("--series", "-s", help="A series, or the beginning of its code; can be given again."),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")]


@app.command()
def forecast(series: SeriesNames = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Forecast all series of the published warehouse that have not been yet, and publish it with them.

    [bold]Examples[/bold]

      fleetstats forecast

      fleetstats forecast --series orders --series distance/waymo
    """
    from fleetstats.cli import _settings, _tell
    from fleetstats.forecasting import forecast_published
    from fleetstats.output import progress

    with progress(as_json) as told:
        done = forecast_published(_settings(), series, dry_run=dry_run, progress=told)
    said = {
        "unchanged": "Every series has been forecast from these figures; nothing to do.",
        "planned": f"Would forecast {len(done.series)} series.",
        "published": f"Forecast {len(done.series)} series; published {done.publication_id}  ({done.seconds:.1f} s)",
    }[done.status]
    words = [said, *(f"  {name}" for name in done.series), *(f"warning: {text}" for text in done.warnings)]
    _tell(vars(done), words, as_json)


@app.command()
def backtest(series: SeriesNames = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Forecast past vintages from what had been issued by then, and score them. Goes on where it was stopped.

    Example:  fleetstats backtest --series orders
    """
    from fleetstats.cli import _settings, _tell
    from fleetstats.forecasting import backtest as backtest_all
    from fleetstats.output import progress

    with progress(as_json) as told:
        done = backtest_all(_settings(), series, dry_run=dry_run, progress=told)
    said = {
        "unchanged": f"Nothing to do: {done.done_before} vintages were scored before.",
        "planned": f"Would forecast {done.vintages} vintages of {len(done.series)} series.",
        "published": f"Scored {done.vintages} vintages of {len(done.series)} series: {done.rows:,} scores.",
    }[done.status]
    hint = (
        "See: fleetstats sql \"select * from forecast_scorecard where basis = 'backtest' and series = 'all'\""
    )
    _tell(vars(done), [said, *([hint] if done.status == "published" else [])], as_json)
