"""The command `trace`: options in, one call into the package, the chain out. `cli` registers it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from fleetstats.cli.options import Json, settings
from fleetstats.core.errors import EXIT_CHECKS_FAILED


def trace(
    mart: Annotated[str, typer.Argument(help="The mart that the number stands in.")],
    where: Annotated[
        str | None,
        typer.Option("--where", "-w", help="One condition on its columns, texts in single quotes."),
    ] = None,
    column: Annotated[
        str | None, typer.Option("--column", "-c", help="Only this column (default: those with lineage).")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Rows of the mart at most.")] = 20,
    records: Annotated[
        int, typer.Option(min=0, help="Records of each file that the tree shows; --json and --html have all.")
    ] = 5,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Of the vintage of this day, once it is built."),
    ] = None,
    as_html: Annotated[bool, typer.Option("--html", help="Write a page that stands alone.")] = False,
    as_json: Json = False,
) -> None:
    """Follow a published number back to the records it is made of, and to what they print.

    Filings with address and checksum, record numbers, the number as printed, conversions, corrections and choices.
    Exit code 3 if the records do not add up to the number.

    [bold]Examples[/bold]

      fleetstats trace mileage_quarterly --where "operator = 'waymo' and quarter = '2022Q3'"

      fleetstats trace beijing_mileage -w "operator = 'baidu' and through = date '2022-12-31'" --column km_high

      fleetstats trace claim_review -w "claim_number = 1" --html --output claim.html
    """
    if as_html and as_json:
        raise typer.BadParameter("one of --json and --html", param_hint="--html")
    from fleetstats.outputs.trace.tracer import trace as follow

    found = follow(
        settings(), mart, where, column=column, limit=limit, as_of=None if as_of is None else as_of.date()
    )
    if as_json:
        from fleetstats.core.formats import to_json

        text = to_json(found.facts()) + "\n"
    elif as_html:
        from fleetstats.outputs.trace.html import trace_html

        text = trace_html(found)
    else:
        from fleetstats.outputs.trace.text import trace_text

        text = trace_text(found, records)
    if output is None:
        typer.echo(text, nl=False)
    else:
        from fleetstats.core.destination import STANDARD_OUTPUT, destination

        with destination(output) as path:
            path.write_bytes(text.encode())
    if output is not None and output != STANDARD_OUTPUT:
        typer.echo(f"{output}: {len(found.cells):,} cells, {len(found.filings):,} filings")
    for line in found.wrong:
        typer.echo(f"fleetstats: DOES NOT ADD UP: {line}", err=True)
    raise typer.Exit(EXIT_CHECKS_FAILED if found.wrong else 0)
