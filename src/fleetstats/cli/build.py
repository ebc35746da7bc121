"""Commands that build, check and return to publications."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from fleetstats.cli.options import AsOf, DryRun, Json, Quiet, Wait, parse_day, settings, tell


def run(
    as_of: AsOf = None,
    force: Annotated[bool, typer.Option("--force", help="Build even if nothing changed.")] = False,
    dry_run: DryRun = False,
    wait: Wait = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Bring the warehouse up to date: read filings, build, check, publish. Does nothing if nothing changed.

    [bold]Examples[/bold]

      fleetstats run

      fleetstats run --as-of 2023-11-30     into warehouse/as-of/, the current one stays
    """
    from fleetstats.core.progress import progress
    from fleetstats.pipeline.build import run as run_pipeline

    with progress(quiet or as_json) as told:
        outcome = run_pipeline(
            settings(), as_of=parse_day(as_of), force=force, dry_run=dry_run, wait=wait, progress=told
        )
    rows = sum(outcome.rows.values())
    said = {
        "unchanged": f"Nothing changed since {outcome.publication_id} ({rows:,} rows); nothing to do.",
        "published": f"Published {outcome.publication_id}: {rows:,} rows in {len(outcome.rows)} tables from "
        f"{outcome.filings} filings ({outcome.originals} read from the publisher's own file).",
        "planned": f"Would build a publication from {outcome.filings} filings.",
    }[outcome.status]
    words = [said, f"{outcome.place}  ({outcome.seconds:.1f} s)"]
    words += [f"in force then: {text}" for text in outcome.ages]
    if outcome.status == "published":
        words += [f"warning: {text}" for text in outcome.warnings]
        if as_of is None:
            words.append(
                'Try: fleetstats sql "select fleet, km, km_low, km_high from beijing_vs_california where year = 2022"'
            )
    tell(vars(outcome), words, as_json, quiet)


def status(as_json: Json = False) -> None:
    """What is published, from what, and whether a run would change it.

    Example:  fleetstats status --json
    """
    from fleetstats.pipeline.status import state

    found = state(settings())
    tell(found.facts, found.words, as_json)
    raise typer.Exit(found.exit_code)


def verify(as_json: Json = False) -> None:
    """Read every filing, ledger and published file again and compare checksums and counts.

    Example:  fleetstats verify
    """
    from fleetstats.core.progress import progress
    from fleetstats.pipeline.status import verify as verify_all

    with progress(as_json) as told:
        found = verify_all(settings(), told)
    tell(found.facts, found.words, as_json)


def check(as_of: AsOf = None, as_json: Json = False) -> None:
    """Run every expectation on what is published; exit code 3 if a critical one is not met.

    Example:  fleetstats check
    """
    from fleetstats.core.progress import progress
    from fleetstats.pipeline.status import check as check_published

    with progress(as_json) as told:
        found = check_published(settings(), parse_day(as_of), told)
    tell(found.facts, found.words, as_json)
    raise typer.Exit(found.exit_code)


def rollback(
    to: Annotated[
        str | None, typer.Option("--to", help="Publication to return to (default: the one before).")
    ] = None,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Return to an earlier publication; it stands until inputs or code change, or run --force.

    Example:  fleetstats rollback --to pub-0123456789abcdef
    """
    from fleetstats.pipeline.rollback import rollback as roll_back

    state = roll_back(settings(), to, wait=wait)
    tell(state.told(), [f"Returned to {state.publication_id}. fleetstats run --force builds anew."], as_json)


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
    from fleetstats.core.progress import progress
    from fleetstats.pipeline.diff import differences

    with progress(as_json) as told:
        found = differences(settings(), first, second, told)
    tell(found.facts, found.words, as_json)
    raise typer.Exit(found.exit_code)


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
    from fleetstats.core.progress import progress
    from fleetstats.pipeline.backfill import build_vintage, vintages

    where = settings()
    built = []
    with progress(as_json) as told:
        for day in vintages(where, parse_day(start), parse_day(end), parse_day(as_of)):
            told("backfill", day.isoformat())
            built.append(
                build_vintage(
                    where,
                    day,
                    reason=reason,
                    requested_by=_user(),
                    dry_run=dry_run,
                    progress=told,
                )
            )
    tell(
        built,
        [f"{b['outcome']}: {b['vintage']}  {b['publication_id']}  {b['place']}" for b in built],
        as_json,
    )


def _user() -> str:
    """Who runs this: the name of the user, or the number of one without a name."""
    import getpass
    import os

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def init(dry_run: DryRun = False, as_json: Json = False) -> None:
    """Prepare a PostgreSQL server for FLEETSTATS_WAREHOUSE_URL: roles, schemas, ledgers. Can be run again.

    Example:  FLEETSTATS_WAREHOUSE_URL=postgresql+psycopg://postgres@localhost/fleet fleetstats init
    """
    from fleetstats.core.errors import ConfigurationError

    url = settings().warehouse_url
    if url is None:
        raise ConfigurationError(
            "there is no server to prepare\n"
            "  to do:    set FLEETSTATS_WAREHOUSE_URL; the DuckDB warehouse needs no preparation"
        )
    from fleetstats.warehouse.setup import prepare_server

    done = prepare_server(url.get_secret_value(), dry_run=dry_run)
    tell(
        done,
        [f"{'would be done' if dry_run else 'done'}: {what}" for what in done] or ["nothing to do"],
        as_json,
    )
