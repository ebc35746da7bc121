"""Two publications side by side: what was added, removed and changed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fleetstats.core.answers import Answer
from fleetstats.core.errors import EXIT_DIFFERENT, EXIT_DONE
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.settings import Settings, packaged_folders
from fleetstats.quality.moves import WARNING
from fleetstats.quality.revisions import Revisions, compare, compared_marts, declared
from fleetstats.warehouse.base import Tables
from fleetstats.warehouse.marts import load_statements
from fleetstats.warehouse.queries import has

_SHOWN = 20
"""How many figures of a mart are shown to a person; --json has all."""


def compared(settings: Settings, earlier: tuple[str, Tables], later: tuple[str, Tables]) -> Answer:
    """What two states of the warehouse say otherwise, each given by its name and its tables.

    Tables that one of the two does not have are left out. The exit code is that of `fleetstats diff`.
    """
    (old_name, before), (new_name, after) = earlier, later
    found = compare(before, after, load_statements(*packaged_folders("sql")), declared(settings))
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
    for mart in compared_marts():
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


def _record_changes(after: Tables, found: Revisions) -> list[dict[str, Any]]:
    """What the filings that came have otherwise in single records than those they replace."""
    if not has(after, "record_change", TABLES["record_change"].columns):
        return []
    rows = after.table("record_change").to_pylist()
    return [row for row in rows if row["filing"] in found.arrived]
