"""Chained ledgers: every row carries its number and a hash over the row before it and itself.

Whoever changes, removes, adds or moves a row breaks the chain at that row, and `check` names it. A tail that
was cut off leaves a whole chain: that is found by comparing with what a publication shows of the ledger.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import BadInput
from fleetstats.core.schema.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

_OWN = ("row_sha256",)


@dataclass(frozen=True)
class Head:
    """The last row of a chain: its number (0 before the first) and its hash."""

    sequence: int
    sha256: str


def start(ledger: str) -> Head:
    """What the first row of a ledger follows."""
    return Head(0, hashlib.sha256(ledger.encode()).hexdigest())


def head(ledger: str, table: pa.Table) -> Head:
    """The last row of a ledger, by its number."""
    if not table.num_rows:
        return start(ledger)
    import pyarrow.compute as pc

    last = pc.max(table["sequence"])
    at = pc.index(table["sequence"], last).as_py()
    return Head(last.as_py(), table["row_sha256"][at].as_py())


def chained(ledger: str, rows: Iterable[dict[str, Any]], after: Head) -> list[dict[str, Any]]:
    """The same rows with `sequence` and `row_sha256`, following the row `after`."""
    linked = []
    for row in rows:
        numbered = {**row, "sequence": after.sequence + 1}
        after = Head(after.sequence + 1, _sha256(ledger, numbered, after.sha256))
        linked.append({**numbered, "row_sha256": after.sha256})
    return linked


def check(ledger: str, table: pa.Table, where: str) -> Head:
    """Follow a whole ledger from its first row; returns the last.

    `where` is what messages call the place. Raises `BadInput` that names the first row that is missing, there
    twice, or not as it was written.
    """
    before = start(ledger)
    for row in sorted(table.to_pylist(), key=lambda r: int(r["sequence"])):
        number = int(row["sequence"])
        if number != before.sequence + 1:
            twice = number <= before.sequence
            raise _broken(
                ledger,
                where,
                f"row {number} is there twice"
                if twice
                else f"rows {before.sequence + 1} to {number - 1} are missing"
                if number > before.sequence + 2
                else f"row {number - 1} is missing",
                row,
                f"row {before.sequence + 1}",
            )
        sha256 = _sha256(ledger, row, before.sha256)
        if row["row_sha256"] != sha256:
            raise _broken(
                ledger,
                where,
                f"row {number} is not as it was written, or does not follow the row before it",
                row,
                f"row_sha256 {sha256}",
            )
        before = Head(number, sha256)
    return before


def _broken(ledger: str, where: str, problem: str, row: dict[str, Any], expected: str) -> BadInput:
    about = ", ".join(
        f"{name} {row[name]}"
        for name in ("run_id", "series", "model", "target_period", "quantity", "output_type", "level")
        if row.get(name) is not None
    )
    return BadInput(
        f"the ledger {ledger} was changed: {problem}",
        file=where,
        record=int(row["sequence"]),
        found=f"{about}, row_sha256 {row['row_sha256']}",
        expected=expected,
        todo="put the ledger back from a backup; scores and forecasts from here on are not to be trusted",
    )


def _sha256(ledger: str, row: dict[str, Any], before: str) -> str:
    """Nulls are left out, so that a column that comes later does not change the hash of the rows before it."""
    content = {name: _plain(row[name]) for name in TABLES[ledger].columns if row.get(name) is not None}
    for name in _OWN:
        content.pop(name, None)
    text = json.dumps([before, content], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value
