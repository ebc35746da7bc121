"""The command line: options in, one call into the package, words out. No logic."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from fleetstats import __version__, cli_export, cli_forecast, cli_trace
from fleetstats.cli_options import DryRun, Json, Quiet
from fleetstats.cli_options import settings as _settings
from fleetstats.cli_options import tell as _tell
from fleetstats.errors import EXIT_CODES

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

AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The warehouse as it could be known on this day."),
]
Quarter = Annotated[
    str | None, typer.Option("--quarter", help="The last quarter described, such as 2023Q3 (default: all).")
]


class OutputFormat(StrEnum):
    """How a result is written."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


class Languages(StrEnum):
    """In which language a chart is drawn."""

    zh = "zh"
    en = "en"
    both = "both"


class Themes(StrEnum):
    """In which colours a chart is drawn."""

    light = "light"
    dark = "dark"
    both = "both"


def _day(value: datetime | None) -> Any:
    return None if value is None else value.date()


@app.command()
def run(
    as_of: AsOf = None,
    force: Annotated[bool, typer.Option("--force", help="Build even if nothing changed.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Bring the warehouse up to date: read filings, build, check, publish. Does nothing if nothing changed.

    [bold]Examples[/bold]

      fleetstats run

      fleetstats run --as-of 2023-11-30     into warehouse/as-of/, the current one stays
    """
    from fleetstats.output import progress
    from fleetstats.pipeline import run as run_pipeline

    with progress(quiet or as_json) as told:
        outcome = run_pipeline(_settings(), as_of=_day(as_of), force=force, dry_run=dry_run, progress=told)
    rows = sum(outcome.rows.values())
    said = {
        "unchanged": f"Nothing changed since {outcome.publication_id} ({rows:,} rows); nothing to do.",
        "published": f"Published {outcome.publication_id}: {rows:,} rows in {len(outcome.rows)} tables from "
        f"{outcome.filings} filings ({outcome.originals} read from the publisher's own file).",
        "planned": f"Would build {outcome.publication_id} from {outcome.filings} filings.",
    }[outcome.status]
    words = [said, f"{outcome.place}  ({outcome.seconds:.1f} s)"]
    if outcome.status == "published":
        words += [f"warning: {text}" for text in outcome.warnings]
        if as_of is None:
            words.append(
                'Try: fleetstats sql "select fleet, km, km_low, km_high from beijing_vs_california where year = 2022"'
            )
    _tell(vars(outcome), words, as_json, quiet)


@app.command()
def status(as_json: Json = False) -> None:
    """What is published, from what, and whether a run would change it.

    Example:  fleetstats status --json
    """
    from fleetstats.reporting import state

    found = state(_settings())
    _tell(found.facts, found.words, as_json)
    raise typer.Exit(found.exit_code)


@app.command()
def add(
    source: Annotated[str, typer.Argument(help="Code of the source, such as cadmv_mileage.")],
    path: Annotated[Path | None, typer.Argument(help="The publisher's file.")] = None,
    *,
    edition: Annotated[str, typer.Option(help="Edition, such as 2023, 2023-first-time, 2023-driverless.")],
    issued_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day the publisher issued it (of an amendment: first seen)."),
    ] = None,
    retrieved_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day you fetched it (default: today).")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Address you fetched it from.")] = None,
    accept_held: Annotated[
        bool, typer.Option("--accept", help="Put an edition that waits into force; needs no file.")
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Land a publisher's file: read it, compare it with the editions held, keep it under landed/.

    [bold]Example[/bold]

      fleetstats add cadmv_mileage 2024-Autonomous-Mileage-Reports-CSV.csv --edition 2024 --issued-on 2025-02-01

      fleetstats add cadmv_mileage --edition 2023-amended-1 --accept
    """
    if accept_held and not dry_run:
        if path is not None:
            raise typer.BadParameter(
                "an edition that is held is accepted without a file", param_hint="--accept"
            )
        _accept(source, edition, as_json)
        return
    if path is None:
        raise typer.BadParameter("the publisher's file is missing", param_hint="PATH")
    from fleetstats.landing import Offer
    from fleetstats.landing import add as add_filing

    fetched = _day(retrieved_on) or datetime.now().astimezone().date()
    offer = Offer(source, path, edition, _day(issued_on), fetched, url)
    landed = add_filing(_settings(), offer, dry_run=dry_run)
    words = [f"{landed.status}: {landed.filing}  {landed.folder}"]
    words += [f"supersedes {landed.supersedes}"] if landed.supersedes else []
    words += [f"compared with {landed.compared_with}"] if landed.compared_with else []
    words += [f"  {text}" for text in landed.found]
    words += [f"warning: {text}" for text in landed.warnings]
    words += ["Next: fleetstats run"] if landed.status == "landed" else []
    _tell(vars(landed), words, as_json)


@app.command()
def accept(
    source: Annotated[str, typer.Argument(help="Code of the source, such as cadmv_mileage.")],
    edition: Annotated[str, typer.Argument(help="The edition that waits, such as 2023-amended-1.")],
    as_json: Json = False,
) -> None:
    """Put an amendment that `fetch` found into force, once you have looked at it.

    Example:  fleetstats accept cadmv_mileage 2023-amended-1
    """
    _accept(source, edition, as_json)


def _accept(source: str, edition: str, as_json: bool) -> None:
    from fleetstats.landing import accept as accept_edition

    accepted = accept_edition(_settings(), source, edition)
    words = [f"accepted: {filing}" for filing in accepted] + ["Next: fleetstats run"]
    if not accepted:
        words = [f"already accepted: {source}/{edition}"]
    _tell({"accepted": accepted}, words, as_json)


@app.command()
def fetch(
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None,
    edition: Annotated[str | None, typer.Option(help="Only this edition.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the addresses; ask nobody and write nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask the publishers whether there is something new, and land what can be used.

    Other bytes for an edition that is held wait until you accept them.

    [bold]Examples[/bold]

      fleetstats fetch

      fleetstats fetch cadmv_mileage --edition 2024
    """
    from fleetstats.fetching import exit_code, summary
    from fleetstats.fetching import fetch as fetch_all
    from fleetstats.output import progress

    today = datetime.now().astimezone().date()
    with progress(as_json) as told:
        fetched = fetch_all(_settings(), source, edition, today=today, dry_run=dry_run, progress=told)
    _tell([vars(one) for one in fetched], summary(fetched), as_json)
    raise typer.Exit(exit_code(fetched))


@app.command()
def verify(as_json: Json = False) -> None:
    """Read every filing, ledger and published file again and compare checksums and counts.

    Example:  fleetstats verify
    """
    from fleetstats.output import progress
    from fleetstats.reporting import verify as verify_all

    with progress(as_json) as told:
        found = verify_all(_settings(), told)
    _tell(found.facts, found.words, as_json)


@app.command()
def init(dry_run: DryRun = False, as_json: Json = False) -> None:
    """Prepare a PostgreSQL server for FLEETSTATS_WAREHOUSE_URL: roles, schemas, ledgers. Can be run again.

    Example:  FLEETSTATS_WAREHOUSE_URL=postgresql+psycopg://postgres@localhost/fleet fleetstats init
    """
    from fleetstats.errors import ConfigurationError

    url = _settings().warehouse_url
    if url is None:
        raise ConfigurationError(
            "there is no server to prepare\n"
            "  to do:    set FLEETSTATS_WAREHOUSE_URL; the DuckDB warehouse needs no preparation"
        )
    from fleetstats.warehouse.setup import prepare_server

    done = prepare_server(url.get_secret_value(), dry_run=dry_run)
    _tell(
        done,
        [f"{'would be done' if dry_run else 'done'}: {what}" for what in done] or ["nothing to do"],
        as_json,
    )


@app.command()
def rollback(
    to: Annotated[
        str | None, typer.Option("--to", help="Publication to return to (default: the one before).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Return to an earlier publication; it stands until inputs or code change, or run --force.

    Example:  fleetstats rollback --to pub-0123456789abcdef
    """
    from fleetstats.pipeline import rollback as roll_back

    state = roll_back(_settings(), to)
    _tell(
        state.as_dict(), [f"Returned to {state.publication_id}. fleetstats run --force builds anew."], as_json
    )


@app.command()
def diff(
    first: Annotated[
        str | None, typer.Argument(help="Publication or day (default: the publication before the current).")
    ] = None,
    second: Annotated[
        str | None, typer.Argument(help="Publication or day to compare with (default: the current).")
    ] = None,
    as_json: Json = False,
) -> None:
    """What two publications, or two past days, say otherwise: figures, filings and records. Exit code 8 if they do.

    [bold]Examples[/bold]

      fleetstats diff                          the current one against the one before

      fleetstats diff 2023-12-01 2024-02-02    what became known in between
    """
    from fleetstats.differences import differences
    from fleetstats.output import progress

    with progress(as_json) as told:
        found = differences(_settings(), first, second, told)
    _tell(found.facts, found.words, as_json)
    raise typer.Exit(found.exit_code)


@app.command()
def backfill(
    start: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of filings.")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of filings.")
    ] = None,
    as_of: AsOf = None,
    *,
    reason: Annotated[str, typer.Option(help="Why, in a sentence; it is kept in the ledger.")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Build the warehouses of past days, each into a place of its own, and record who asked and why.

    [bold]Examples[/bold]

      fleetstats backfill --from 2020-01-01 --to 2023-12-31 --reason "vintages for the review of 2023"

      fleetstats backfill --as-of 2023-11-30 --reason "what the report could know"
    """
    import getpass

    from fleetstats.backfill import build_vintage, vintages
    from fleetstats.output import progress

    settings = _settings()
    built = []
    with progress(as_json) as told:
        for day in vintages(settings, _day(start), _day(end), _day(as_of)):
            told("backfill", day.isoformat())
            built.append(
                build_vintage(
                    settings,
                    day,
                    reason=reason,
                    requested_by=getpass.getuser(),
                    dry_run=dry_run,
                    progress=told,
                )
            )
    _tell(
        built,
        [f"{b['outcome']}: {b['vintage']}  {b['publication_id']}  {b['place']}" for b in built],
        as_json,
    )


@app.command()
def freshness(as_json: Json = False) -> None:
    """How far each source reaches, and which are overdue by the cadence that they declare.

    Example:  fleetstats freshness
    """
    from fleetstats.freshness import freshness as freshness_of

    found = freshness_of(_settings(), datetime.now().astimezone().date())
    _tell([vars(one) for one in found], [one.says for one in found], as_json)


@app.command()
def digest(
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None,
    edition: Annotated[str | None, typer.Option(help="Only this edition.")] = None,
    output: Annotated[Path | None, typer.Option(help="Folder to write to (default: data/raw).")] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Write the digests of the publishers' files that are present: their figures, to be shipped.

    Example:  FLEETSTATS_ORIGINALS=~/dmv fleetstats digest cadmv_mileage --dry-run
    """
    from fleetstats.digests import make_digests
    from fleetstats.output import progress

    with progress(as_json) as told:
        done = make_digests(
            _settings(),
            source,
            edition,
            output=output,
            dry_run=dry_run,
            progress=lambda filing: told("digest", filing),
        )
    words = [f"{d.status}: {d.filing}  {d.path}" for d in done]
    _tell([vars(d) for d in done], words, as_json)


@app.command()
def check(as_of: AsOf = None, as_json: Json = False) -> None:
    """Run every expectation on what is published; exit code 3 if a critical one is not met.

    Example:  fleetstats check
    """
    from fleetstats.output import progress
    from fleetstats.reporting import check as check_published

    with progress(as_json) as told:
        found = check_published(_settings(), _day(as_of), told)
    _tell(found.facts, found.words, as_json)
    raise typer.Exit(found.exit_code)


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(help="One SELECT on the published tables.")],
    form: Annotated[OutputFormat, typer.Option("--format", "-f")] = OutputFormat.table,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    as_of: AsOf = None,
) -> None:
    """Query the published warehouse, read-only.

    [bold]Examples[/bold]

      fleetstats sql "select quarter, orders, bound from orders_quarterly order by quarter"

      fleetstats sql "select * from mileage_monthly" --format parquet --output mileage.parquet
    """
    from fleetstats.output import write_table
    from fleetstats.warehouse import open_warehouse

    write_table(open_warehouse(_settings(), _day(as_of)).query(statement), form.value, output)


@app.command()
def chart(
    name: Annotated[str | None, typer.Argument(help="Name of the chart; see below.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write to.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Draw all charts.")] = False,
    quarter: Quarter = None,
    lang: Annotated[Languages, typer.Option(help="Language of the chart.")] = Languages.both,
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
        names = {one.name: one.title_en for one in CHARTS.values()}
        _tell(names, [f"{key:24}{title}" for key, title in names.items()], as_json)
        return
    if name is not None and every:
        raise typer.BadParameter("a name, or --all, but not both", param_hint="NAME")
    if output is None:
        raise typer.BadParameter("the folder to write to is missing", param_hint="--output")
    from fleetstats.drawing import Looks, draw
    from fleetstats.output import progress

    with progress(as_json) as told:
        drawn = draw(
            _settings(),
            [] if name is None else [name],
            output,
            Looks(
                languages=("zh", "en") if lang is Languages.both else (lang.value,),
                formats=tuple(part.strip() for part in form.split(",")),
                themes=("light", "dark") if theme is Themes.both else (theme.value,),
            ),
            quarter=quarter,
            as_of=_day(as_of),
            progress=told,
        )
    words = [str(path) for path in drawn.paths] + [f"warning: {text}" for text in drawn.warnings]
    words.append(
        f"{len(drawn.paths)} files, {drawn.seconds_reading:.1f} s reading, {drawn.seconds_drawing:.1f} s drawing"
    )
    _tell(vars(drawn), words, as_json)


cli_export.register(app)
cli_forecast.register(app)
cli_trace.register(app)


@app.command()
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
    from fleetstats.output import progress
    from fleetstats.report import build

    with progress(quiet or as_json) as told:
        built = build(_settings(), quarter, _day(as_of), told, output=output, pdf=pdf)
    words = [
        str(built.page),
        *(f"warning: {text}" for text in built.warnings),
        f"{built.quarter} from {built.publication_id}: {built.size_bytes / 2**20:.1f} MB, {built.seconds:.1f} s",
    ]
    _tell(vars(built), words, as_json, quiet)


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
    _tell(found, [f"{name} {number}" for name, number in found.items()], as_json)
