"""Returning to a publication that is kept."""

from __future__ import annotations

from datetime import UTC, datetime

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.settings import Settings
from fleetstats.pipeline.build import cannot_write
from fleetstats.warehouse.base import State, new_run_id
from fleetstats.warehouse.registry import open_warehouse


def rollback(settings: Settings, to: str | None = None, *, wait: float = 0) -> State:
    """Return to a kept publication: `to`, or the one before the current.

    It stands until inputs or code change, or a run is forced. Raises `ConfigurationError` where there is
    nothing to return to.
    """
    warehouse = open_warehouse(settings)
    with warehouse.lock(wait):
        warehouse.prepare()
        current, kept = warehouse.state(), warehouse.kept()
        found = [s for s in kept if s.publication_id == to] if to else _older(kept, current)
        if not found:
            raise ConfigurationError(
                f"there is no publication {to or 'before the current one'} to return to\n"
                f"  expected: {', '.join(dict.fromkeys(s.publication_id for s in kept)) or 'none is kept'}"
            )
        try:
            return warehouse.rollback(found[0], new_run_id(), datetime.now(UTC))
        except OSError as error:
            raise cannot_write(settings, error) from error


def _older(kept: list[State], current: State | None) -> list[State]:
    """Of the kept publications, newest first, those that came before the current one and differ from it."""
    if current is None:
        return kept
    places = [i for i, state in enumerate(kept) if state.fingerprint == current.fingerprint]
    return [s for s in kept[max(places, default=-1) + 1 :] if s.fingerprint != current.fingerprint]
