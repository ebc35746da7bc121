"""The command `export`: options in, one call into the package, words out. `cli` registers it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fleetstats.cli.options import DryRun, Json, Quiet, settings, tell

_SHOWN = 40


def export(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder to write: new, empty, or an earlier export.")
    ],
    form: Annotated[
        str, typer.Option("--format", "-f", help="parquet, csv, sqlite, or some of them with commas.")
    ] = "parquet,csv,sqlite",
    tables: Annotated[
        str | None,
        typer.Option(
            "--tables",
            "-t",
            help="Tables, kinds (mart, lineage, core, reference, finding, ledger, crosscheck) or all, with commas. "
            "Default: all but details of vehicles and events, and the ledgers of operations.",
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the current publication as Parquet, CSV and SQLite files, with their description and checksums.

    An export that is in DIR is replaced in one step, and changes.txt says what differs from it. An unchanged
    publication is not written again.

    [bold]Examples[/bold]

      fleetstats export release/

      fleetstats export marts/ --format csv --tables mart,filing,operator,scope

      fleetstats export release/ --dry-run
    """
    from fleetstats.core.progress import progress
    from fleetstats.outputs.export.export import export as export_to

    with progress(quiet or as_json) as told:
        done = export_to(settings(), folder, form, tables, dry_run=dry_run, progress=told)
    rows = sum(done.rows.values())
    what = f"{done.publication_id}: {rows:,} rows in {len(done.rows)} tables as {', '.join(done.formats)}"
    words = {
        "written": [f"Exported {what}.", f"{done.folder}  ({done.files} files, {done.bytes:,} bytes)"],
        "unchanged": [f"The export is already that of {what}; nothing to do.", str(done.folder)],
        "planned": [f"Would export {what}.", str(done.folder)],
    }[done.status]
    words += [f"left out: {', '.join(done.left_out)}"] if done.left_out else []
    if done.replaces is not None and done.status != "unchanged":
        words.append(f"{'replaced' if done.status == 'written' else 'would replace'} {done.replaces}")
        words += done.changes[:_SHOWN]
        words += (
            [f"… changes.txt has {len(done.changes) - _SHOWN:,} more lines"]
            if len(done.changes) > _SHOWN
            else []
        )
    tell(vars(done), words, as_json, quiet)
