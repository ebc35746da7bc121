"""The command line: options in, one call into the package, words out. No logic."""

from __future__ import annotations

import typer

from fleetstats import __version__
from fleetstats.cli import build, export, filings, forecast, outputs, trace
from fleetstats.cli.options import Json, tell
from fleetstats.core.errors import EXIT_CODES

_CODES = "\n\n".join(f"exit code {code}: {meaning}" for code, meaning in EXIT_CODES.items())

app = typer.Typer(
    name="fleetstats",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="What is published about autonomous-driving fleets, as one audited SQL warehouse in kilometres.\n\n"
    "FLEETSTATS_HOME says where your filings, warehouse and reports are (default: this folder);\n"
    "FLEETSTATS_ORIGINALS names a folder of publishers' files to read in place of their digests.",
    epilog=_CODES,
)

for command in (
    build.run,
    build.status,
    filings.add,
    filings.accept,
    filings.remove,
    filings.fetch,
    build.verify,
    build.init,
    build.rollback,
    build.diff,
    build.backfill,
    filings.freshness,
    filings.digest,
    build.check,
    outputs.sql,
    outputs.chart,
    export.export,
    forecast.forecast,
    forecast.score,
    forecast.backtest,
    trace.trace,
    outputs.report,
):
    app.command()(command)


@app.command()
def version(as_json: Json = False) -> None:
    """The version of fleetstats and of what it stands on."""
    from importlib.metadata import version as installed

    libraries = (
        "duckdb",
        "pyarrow",
        "pandas",
        "great-expectations",
        "matplotlib",
        "sqlalchemy",
        "statsmodels",
    )
    found = {"fleetstats": __version__, **{name: installed(name) for name in libraries}}
    tell(found, [f"{name} {number}" for name, number in found.items()], as_json)
