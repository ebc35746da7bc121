"""What an export changes against the one before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fleetstats.core.schema.arrow import decimals_as_floats, rows_of
from fleetstats.core.schema.model import Table
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.settings import Settings
from fleetstats.outputs.export.tables import (
    read_back,
)
from fleetstats.quality.comparison import compared
from fleetstats.warehouse.base import Tables
from fleetstats.warehouse.queries import has

if TYPE_CHECKING:
    import pyarrow as pa
from fleetstats.outputs.export.earlier import EarlierExport

_LISTED = 1_000
"""How many keys of rows that differ are listed for a table; their number is always given."""


def list_changes(
    settings: Settings,
    chosen: Mapping[str, pa.Table],
    about: Mapping[str, Any],
    earlier: EarlierExport | None,
) -> tuple[dict[str, Any], list[str]]:
    """What the export says otherwise than the one it replaces: for programs, and in words."""
    if earlier is None:
        return {"before": None, "after": about["publication_id"]}, [
            "There was no earlier export in this folder: nothing to compare."
        ]
    there = earlier.about["tables"]
    common = [name for name in chosen if name in there]
    exact = earlier.form != "sqlite"

    # SQLite has no decimals: figures are compared as it has them
    shown = chosen if exact else {name: decimals_as_floats(chosen[name]) for name in common}
    before = _Exported(
        {name: earlier.columns[name] for name in common},
        lambda name, columns: _from_rows(read_back(earlier.folder, earlier.form, name, columns), columns),
    )
    after = _Exported(
        {name: shown[name].column_names for name in common}, lambda name, columns: shown[name].select(columns)
    )
    figures = compared(settings, (earlier.publication_id, before), (about["publication_id"], after))
    rows = {
        name: found
        for name in common
        if (found := _row_changes(TABLES[name], before, after, earlier.columns[name]))
    }
    added = [name for name in chosen if name not in there]
    gone = [name for name in there if name not in chosen]
    words = list(figures.words)
    words += [f"table new:   {name}" for name in added] + [f"table gone:  {name}" for name in gone]
    for name, found in rows.items():
        counts = [f"{found[what]:,} {what}" for what in ("added", "removed", "changed") if found[what]]
        columns = [f"column {what}: {', '.join(c)}" for what, c in found["columns"].items() if c]
        words.append(f"rows of {name}: " + "; ".join([", ".join(counts) or "the same", *columns]))
    if not rows and not added and not gone:
        words.append("every table has the same rows")
    facts = figures.facts | {"tables_added": added, "tables_removed": gone, "rows": rows, "exact": exact}
    return facts, words


@dataclass(frozen=True)
class _Exported:
    """The tables of an export, each with its columns, and how to read some of them."""

    columns: Mapping[str, Sequence[str]]
    read: Callable[[str, list[str]], pa.Table]

    def tables(self) -> Mapping[str, Sequence[str]]:
        return self.columns

    def table(self, name: str, columns: Iterable[str] | None = None) -> pa.Table:
        return self.read(name, list(self.columns[name] if columns is None else columns))


def _from_rows(rows: list[tuple[Any, ...]], columns: list[str]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_arrays([pa.array([row[i] for row in rows]) for i in range(len(columns))], columns)


def _row_changes(
    spec: Table, before: Tables, after: Tables, columns_before: list[str]
) -> dict[str, Any] | None:
    """How many rows of a table came, went or changed, by its key, and which (of a ledger only how many).

    None if nothing did.
    """
    columns = {
        "added": [c for c in spec.columns if c not in columns_before],
        "removed": [c for c in columns_before if c not in spec.columns],
    }
    key = list(spec.key)
    rest = [c for c in spec.columns if c in columns_before and c not in key]
    if not has(before, spec.name, key):
        return {"added": 0, "removed": 0, "changed": 0, "columns": columns}
    size = len(key)
    old, new = (
        {row[:size]: row[size:] for row in rows_of(there.table(spec.name, [*key, *rest]))}
        for there in (before, after)
    )
    found = {
        "added": [k for k in new if k not in old],
        "removed": [k for k in old if k not in new],
        "changed": [k for k, row in new.items() if k in old and old[k] != row],
    }
    if not any(found.values()) and not any(columns.values()):
        return None
    counts: dict[str, Any] = {what: len(keys) for what, keys in found.items()} | {"columns": columns}
    if spec.kind != "ledger":
        counts["keys"] = {
            what: [dict(zip(key, k, strict=True)) for k in sorted(keys, key=repr)[:_LISTED]]
            for what, keys in found.items()
            if keys
        }
    return counts
