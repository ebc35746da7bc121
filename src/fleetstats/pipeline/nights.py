"""Whether the nightly run still runs: each one notes that it has ended, and another pipeline looks for the note."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fleetstats.core.settings import Settings
from fleetstats.warehouse.registry import open_warehouse

NIGHTLY = "fleetstats_nightly"
_NOTE = "night"
_LONGEST = timedelta(hours=30)
"""A day, and the time that a night may take."""


def night_ended(settings: Settings) -> None:
    """Note that a nightly run has ended well, whether or not there was anything to publish."""
    open_warehouse(settings).remember(_NOTE, {"ended_at": datetime.now(UTC).isoformat()})


def missing_night(settings: Settings, now: datetime) -> str | None:
    """What to say where no nightly run has ended well for more than a day; None where one has.

    Where none has ever ended, the day is counted from the first look.
    """
    warehouse = open_warehouse(settings)
    note = warehouse.remembered(_NOTE)
    if note is None:
        note = {"ended_at": None, "first_look": now.isoformat()}
        warehouse.remember(_NOTE, note)
    since = datetime.fromisoformat(note["ended_at"] or note["first_look"])
    if now - since <= _LONGEST:
        return None
    hours = (now - since) / timedelta(hours=1)
    ever = f"since {since:%Y-%m-%d %H:%M} UTC" if note["ended_at"] else "nor ever"
    return (
        f"{NIGHTLY}: no run has ended well for {hours:,.0f} hours, {ever}; "
        "see that it is not paused, and that the scheduler runs"
    )
