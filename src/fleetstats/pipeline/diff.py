"""`fleetstats diff`: what two publications, or two past days, say otherwise, and whose doing it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import partial

from fleetstats.core.answers import Answer
from fleetstats.core.errors import ConfigurationError
from fleetstats.core.progress import Progress
from fleetstats.core.settings import Settings
from fleetstats.pipeline.build import run
from fleetstats.quality.comparison import compared
from fleetstats.warehouse.base import OpenTables, State
from fleetstats.warehouse.registry import open_warehouse


@dataclass(frozen=True)
class _Side:
    """One of the two: its name for people, and how to read it."""

    name: str
    open: OpenTables


def differences(settings: Settings, first: str | None, second: str | None, progress: Progress) -> Answer:
    """Compare `first` (default: the publication before the current) with `second` (default: the current).

    Each is a kept publication, by its name or the beginning of it, or a day, whose vintage is built if it is not
    there. Raises `ConfigurationError` for a name that is none of these.
    """
    progress("diff", "open")
    later = _side(settings, second, progress) if second else _current(settings)
    earlier = _side(settings, first, progress) if first else _before(settings)
    progress("diff", f"{earlier.name} and {later.name}")
    with earlier.open() as before, later.open() as after:
        return compared(settings, (earlier.name, before), (later.name, after))


def _current(settings: Settings) -> _Side:
    warehouse = open_warehouse(settings)
    state = warehouse.state()
    if state is None:
        raise ConfigurationError(f"nothing is published in {warehouse.place}\n  to do:    fleetstats run")
    return _Side(state.publication_id, warehouse.read)


def _before(settings: Settings) -> _Side:
    warehouse = open_warehouse(settings)
    current = warehouse.state()
    for state in warehouse.kept():
        if current and state.published_at < current.published_at and state.fingerprint != current.fingerprint:
            return _kept(settings, state)
    raise ConfigurationError(
        "there is no publication before the current one\n"
        "  expected: one that is kept, or a day: fleetstats diff 2023-12-01"
    )


def _kept(settings: Settings, state: State) -> _Side:
    return _Side(state.publication_id, partial(open_warehouse(settings).read, state))


def _side(settings: Settings, name: str, progress: Progress) -> _Side:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", name):
        return _vintage(settings, name, progress)
    warehouse = open_warehouse(settings)
    current = warehouse.state()
    if current is not None and name in ("current", current.publication_id):
        return _current(settings)
    kept = {state.publication_id: state for state in reversed(warehouse.kept())}
    found = sorted(key for key in kept if key.startswith(name))
    if len(found) != 1:
        raise ConfigurationError(
            f"{'more than one publication begins with' if found else 'there is no publication'} {name}\n"
            f"  expected: a day such as 2023-12-01, current, or one of {', '.join(found or kept) or 'none is kept'}"
        )
    return _kept(settings, kept[found[0]])


def _vintage(settings: Settings, name: str, progress: Progress) -> _Side:
    try:
        day = date.fromisoformat(name)
    except ValueError as error:
        raise ConfigurationError(f"{name} is not a day\n  expected: a day such as 2023-12-01") from error
    run(settings, as_of=day, progress=progress)
    return _Side(name, open_warehouse(settings, day).read)
