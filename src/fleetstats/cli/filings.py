"""Commands about filings: adding, fetching, digests, overdue sources."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from fleetstats.cli.options import DryRun, Json, parse_day, settings, tell


def add(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[SOURCE] FILE",
            help="Code of the source, such as cadmv_mileage, and the publisher's file; or the file alone.",
        ),
    ],
    *,
    edition: Annotated[
        str | None,
        typer.Option(
            help="Edition, such as 2023, 2023-first-time, 2023-driverless (default: what the bytes say)."
        ),
    ] = None,
    issued_on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Day the publisher issued it (of an amendment: first seen; default: the usual day, as an estimate).",
        ),
    ] = None,
    retrieved_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day you fetched it (default: today).")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Address you fetched it from.")] = None,
    transcribed: Annotated[
        bool,
        typer.Option(
            "--transcribed", help="Figures that a person typed or somebody compiled, each with its page."
        ),
    ] = False,
    publisher: Annotated[
        str | None,
        typer.Option(help="Of a transcription: who published the figures (default: the source's)."),
    ] = None,
    compiled_by: Annotated[
        str | None, typer.Option(help="Of a transcription: who typed or compiled it.")
    ] = None,
    accept_held: Annotated[
        bool, typer.Option("--accept", help="Put an edition that waits into force; needs no file.")
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Land a publisher's file: read it, compare it with the editions held, keep it under landed/.

    The bytes say what a file is; one that is another than it is said to be is refused.

    [bold]Examples[/bold]

      fleetstats add 2024-Autonomous-Mileage-Reports-CSV.csv --dry-run

      fleetstats add cadmv_mileage 2024-Autonomous-Mileage-Reports-CSV.csv --edition 2024 --issued-on 2025-02-01

      fleetstats add cadmv_mileage typed.csv --edition 2018 --transcribed --compiled-by "A. Person"

      fleetstats add cadmv_mileage --edition 2023-amended-1 --accept
    """
    from fleetstats.sources.registry import codes

    if accept_held and not dry_run:
        if len(words) != 1:
            raise typer.BadParameter(
                "an edition that is held is accepted without a file", param_hint="--accept"
            )
        if edition is None:
            raise typer.BadParameter("the edition is missing", param_hint="--edition")
        _accept(words[0], edition, as_json)
        return
    if len(words) > 2:
        raise typer.BadParameter("one file at a time", param_hint="FILE")
    if len(words) == 1 and words[0] in codes():
        raise typer.BadParameter("the publisher's file is missing", param_hint="FILE")
    source, path = (None if len(words) == 1 else words[0]), Path(words[-1])
    from fleetstats.ingest.describe import Offer
    from fleetstats.ingest.land import add as add_filing

    fetched = parse_day(retrieved_on) or datetime.now().astimezone().date()
    offer = Offer(
        source,
        path,
        edition,
        parse_day(issued_on),
        fetched,
        url,
        transcribed=transcribed,
        publisher=publisher,
        compiled_by=compiled_by,
    )
    landed = add_filing(settings(), offer, dry_run=dry_run)
    words = [f"{landed.status}: {landed.filing}  {landed.folder}"]
    words += [f"supersedes {landed.supersedes}"] if landed.supersedes else []
    words += [f"compared with {landed.compared_with}"] if landed.compared_with else []
    words += [f"  {text}" for text in landed.found]
    words += [f"warning: {text}" for text in landed.warnings]
    words += ["Next: fleetstats run"] if landed.status == "landed" else []
    tell(vars(landed), words, as_json)


def accept(
    source: Annotated[str, typer.Argument(help="Code of the source, such as cadmv_mileage.")],
    edition: Annotated[str, typer.Argument(help="The edition that waits, such as 2023-amended-1.")],
    *,
    reason: Annotated[
        str | None, typer.Option(help="Why its figures are right: the reviewed line that lets them move.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put an amendment that `fetch` found into force, once you have looked at it.

    Example:  fleetstats accept cadmv_mileage 2023-amended-1 --reason "the DMV corrected a filer's December"
    """
    _accept(source, edition, as_json, reason)


def _accept(source: str, edition: str, as_json: bool, reason: str | None = None) -> None:
    from fleetstats.ingest.land import accept as accept_edition

    review = None if reason is None else (reason, datetime.now().astimezone().date())
    accepted = accept_edition(settings(), source, edition, review)
    words = [f"accepted: {filing}" for filing in accepted] + ["Next: fleetstats run"]
    if not accepted:
        words = [f"already accepted: {source}/{edition}"]
    tell({"accepted": accepted}, words, as_json)


def remove(
    source: Annotated[str, typer.Argument(help="Code of the source, such as cadmv_mileage.")],
    edition: Annotated[str, typer.Argument(help="The landed edition, such as 2023-amended-1.")],
    *,
    reason: Annotated[str, typer.Option(help="Why it has to go, in one sentence.")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take a landed filing out again; its bytes are kept under removed/, and removed.csv says why.

    Example:  fleetstats remove nhtsa_sgo 2026-09 --reason "it was the archive"
    """
    from fleetstats.ingest.remove import remove as remove_filing

    today = datetime.now().astimezone().date()
    gone = remove_filing(settings(), source, edition, reason, today, dry_run=dry_run)
    did, are = ("would remove", "would be") if dry_run else ("removed", "are")
    words = [f"{did}: {gone.filing}; its bytes {are} in {gone.kept}"]
    tell(vars(gone), [*words, *([] if dry_run else ["Next: fleetstats run"])], as_json)


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
    from fleetstats.core.progress import progress
    from fleetstats.ingest.fetch import exit_code, summary
    from fleetstats.ingest.fetch import fetch as fetch_all

    today = datetime.now().astimezone().date()
    with progress(as_json) as told:
        fetched = fetch_all(settings(), source, edition, today=today, dry_run=dry_run, progress=told)
    tell([vars(one) for one in fetched], summary(fetched), as_json)
    raise typer.Exit(exit_code(fetched))


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
    from fleetstats.core.progress import progress
    from fleetstats.ingest.digest import make_digests

    with progress(as_json) as told:
        done = make_digests(
            settings(),
            source,
            edition,
            output=output,
            dry_run=dry_run,
            progress=lambda filing: told("digest", filing),
        )
    words = [f"{d.status}: {d.filing}  {d.path}" for d in done]
    tell([vars(d) for d in done], words, as_json)


def freshness(as_json: Json = False) -> None:
    """How far each source reaches, and which are overdue by the cadence that they declare.

    Example:  fleetstats freshness
    """
    from fleetstats.pipeline.freshness import freshness as freshness_of

    found = freshness_of(settings(), datetime.now().astimezone().date())
    tell([vars(one) for one in found], [one.says for one in found], as_json)
