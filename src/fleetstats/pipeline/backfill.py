"""Past vintages on request: built into their own place, with a record of who asked and why."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from fleetstats.core.errors import BadArgument
from fleetstats.core.progress import Progress, silent
from fleetstats.core.settings import Settings
from fleetstats.filings.catalogue import Catalogue
from fleetstats.pipeline.build import run
from fleetstats.warehouse.base import new_run_id
from fleetstats.warehouse.registry import open_warehouse


def vintages(settings: Settings, start: date | None, end: date | None, as_of: date | None) -> list[date]:
    """The days to build: `as_of`, and each day from `start` to `end` on which a filing was issued.

    Raises `BadArgument` where nothing is asked for, or nothing was issued in that time.
    """
    if (start is None) != (end is None) or (start is None and as_of is None):
        raise BadArgument("no days to build\n  expected: both from and to, or as_of, or all three")
    days = set() if as_of is None else {as_of}
    if start is not None and end is not None:
        if start > end:
            raise BadArgument(f"the days are in the wrong order\n  found:    from {start} to {end}")
        days |= {day for day in _issued(settings) if start <= day <= end}
    if not days:
        raise BadArgument(
            f"no filing was issued from {start} to {end}\n"
            "  to do:    see the column issued_on of the table filing"
        )
    return sorted(days)


def _issued(settings: Settings) -> set[date]:
    return {
        held.filing.issued_on for held in Catalogue.open(settings) if isinstance(held.filing.issued_on, date)
    }


def build_vintage(
    settings: Settings,
    vintage: date,
    *,
    reason: str,
    requested_by: str,
    dry_run: bool = False,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Build the warehouse of a past day and record who asked for it and why.

    Returns vintage, outcome (published, unchanged; planned for a `dry_run`, which records nothing),
    publication id, place and rows. Raises `BadArgument` without a reason.
    """
    if not reason.strip():
        raise BadArgument("a backfill needs a reason\n  expected: one sentence that a colleague understands")
    outcome = run(settings, as_of=vintage, dry_run=dry_run, progress=progress)
    if not dry_run:
        run_id = new_run_id()
        row = {
            "run_id": run_id,
            "happened_at": datetime.now(UTC),
            "requested_by": requested_by,
            "reason": reason.strip(),
            "vintage": vintage,
            "outcome": outcome.status,
            "publication_id": outcome.publication_id,
        }
        open_warehouse(settings).record("backfill", run_id, [row])
    return {
        "vintage": vintage.isoformat(),
        "outcome": outcome.status,
        "publication_id": outcome.publication_id,
        "place": outcome.place,
        "rows": sum(outcome.rows.values()),
    }


def requested(settings: Settings, params: dict[str, Any]) -> list[str]:
    """The days that a scheduler's params ask for, as text; `BadArgument` says what is missing in them."""
    if not (params.get("reason") or "").strip():
        raise BadArgument("a backfill needs a reason\n  expected: one sentence that a colleague understands")
    start, end, as_of = (
        date.fromisoformat(params[name]) if params.get(name) else None for name in ("from", "to", "as_of")
    )
    return [day.isoformat() for day in vintages(settings, start, end, as_of)]
