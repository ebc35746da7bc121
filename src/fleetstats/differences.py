"""`fleetstats diff`: what two publications, or two past days, say otherwise, and whose doing it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any

from fleetstats.errors import EXIT_DIFFERENT, EXIT_DONE, ConfigurationError
from fleetstats.marts import load_statements
from fleetstats.pipeline import Progress, run
from fleetstats.reporting import Answer
from fleetstats.revisions import FIGURES, WARNING, Revisions, compare, declared
from fleetstats.schema import TABLES
from fleetstats.settings import Settings, packaged
from fleetstats.warehouse import ReadRows, State, open_warehouse

_SHOWN = 20
"""How many figures of a mart are shown to a person; --json has all."""


@dataclass(frozen=True)
class _Side:
    """One of the two: its name for people, and how to read it."""

    name: str
    open: Callable[[], AbstractContextManager[ReadRows]]


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


def compared(settings: Settings, earlier: tuple[str, ReadRows], later: tuple[str, ReadRows]) -> Answer:
    """What two states of the warehouse say otherwise, each given by its name and a reader of its tables.

    Tables that one of the two does not have are left out. The exit code is that of `fleetstats diff`.
    """
    (old_name, before), (new_name, after) = earlier, later
    found = compare(before, after, load_statements(packaged("sql")), declared(settings))
    changes = _record_changes(after, found)
    facts = {
        "before": old_name,
        "after": new_name,
        "filings_in_force": list(found.arrived),
        "filings_no_longer": list(found.gone),
        "revisions": [row.row() | {"period_end": row.period_end} for row in found.rows],
        "record_changes": changes,
    }
    same = not (found.rows or found.arrived or found.gone or changes)
    words = [f"from {old_name} to {new_name}", *_words(found, changes)]
    return Answer(facts, words, EXIT_DONE if same else EXIT_DIFFERENT)


def _words(found: Revisions, changes: list[dict[str, Any]]) -> list[str]:
    words = [f"filing in force:   {name}" for name in found.arrived]
    words += [f"filing no longer:  {name}" for name in found.gone]
    for mart in FIGURES:
        rows = [row for row in found.rows if row.table_name == mart]
        if not rows:
            continue
        counts = Counter(row.change for row in rows)
        words.append(f"{mart}: " + ", ".join(f"{n:,} {what}" for what, n in sorted(counts.items())))
        # What changed or went is what a reader has to see; new figures come last
        shown = sorted(rows, key=lambda row: row.change == "new")[:_SHOWN]
        words += [f"  {row.says}{'' if row.verdict == 'within' else f'  [{row.verdict}]'}" for row in shown]
        words += [f"  … and {len(rows) - _SHOWN:,} more (--json has all)"] if len(rows) > _SHOWN else []
    words += [f"warning: {line}" for line in found.of(WARNING)]
    for change in changes[:_SHOWN]:
        words.append(
            f"record {change['record_key']} of {change['filing']}: {change['column_name']} {change['change']}, "
            f"{change['old']} → {change['new']}"
        )
    words += [f"… and {len(changes) - _SHOWN:,} more records"] if len(changes) > _SHOWN else []
    return words or ["no figure, filing or record differs"]


def _record_changes(after: ReadRows, found: Revisions) -> list[dict[str, Any]]:
    """What the filings that came have otherwise in single records than those they replace."""
    columns = TABLES["record_change"].columns
    rows = [dict(zip(columns, row, strict=True)) for row in after("record_change", columns) or []]
    return [row for row in rows if row["filing"] in found.arrived]


def _current(settings: Settings) -> _Side:
    warehouse = open_warehouse(settings)
    state = warehouse.state()
    if state is None:
        raise ConfigurationError(f"nothing is published in {warehouse.place}\n  to do:    fleetstats run")
    return _Side(state.publication_id, warehouse.content)


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
    return _Side(state.publication_id, lambda: open_warehouse(settings).content(kept=state))


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
    return _Side(name, open_warehouse(settings, day).content)
