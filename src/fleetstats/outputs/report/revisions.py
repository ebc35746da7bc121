"""What this publication says otherwise than those before it: the ledger `revision`, and records that were changed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fleetstats.core.words import Said, message, message_in
from fleetstats.outputs.report.words import anchor
from fleetstats.warehouse.queries import has

if TYPE_CHECKING:
    from fleetstats.outputs.report.tables import Table
    from fleetstats.warehouse.base import Reader, State

Row = dict[str, Any]
DAYS = 92
"""Publications of one quarter count: a page of the quarter before would have been made of what was before them."""
LISTED = 20
CHANGES = {
    "new": message_in("revision", "new"),
    "changed": message_in("revision", "changed"),
    "removed": message_in("revision", "removed"),
}


@dataclass
class Revised:
    """Figures and records that read otherwise.

    `publications` are those that were compared, each with the one before it; without any there is nothing to
    compare. `marts` has a row for each mart with how many figures are new, changed and removed and by which
    filings; `figures` the largest moves of figures that there were before, to the end of the quarter described.
    """

    publications: list[str] = field(default_factory=list)
    marts: list[Row] = field(default_factory=list)
    figures: list[Row] = field(default_factory=list)
    more: int = 0
    records: list[Row] = field(default_factory=list)


def revised(reader: Reader, state: State, tables: dict[str, Table], until: date) -> Revised:
    """From the ledger, over the publications of the last three months; empty for a vintage, which revises nothing."""
    found = Revised(records=_records(reader, state))
    # A publication of an earlier version may lack a ledger
    if not all(has(reader, ledger) for ledger in ("publication", "revision")):
        return found
    runs = _runs(reader, state)
    rows = reader.query(
        "select run_id, publication_before, table_name, figure_key, column_name, change, old_value, new_value, "
        "old_bound, new_bound, filings from revision order by table_name, figure_key, column_name"
    ).to_pylist()
    found.publications = sorted({runs[r["run_id"]] for r in rows if r["run_id"] in runs})
    order = list(runs)
    rows = sorted((r for r in rows if r["run_id"] in runs), key=lambda r: order.index(r["run_id"]))
    moves = [m for m in _joined(rows) if not _begins_after(m["figure_key"], until)]
    for name in dict.fromkeys(m["table_name"] for m in moves):
        mine = [m for m in moves if m["table_name"] == name]
        counts = {change: sum(m["change"] == change for m in mine) for change in CHANGES}
        found.marts.append(
            {"name": name, **counts, "anchor": anchor("revised", name),
             "filings": "; ".join(dict.fromkeys(f for m in mine for f in m["filings"].split("; ")))}
        )  # fmt: skip
    before = sorted((m for m in moves if m["change"] != "new"), key=_size, reverse=True)
    found.more = max(0, len(before) - LISTED)
    addresses = _addresses(tables)
    for m in before[:LISTED]:
        key = (m["table_name"], m["figure_key"])
        found.figures.append(
            {**m, "anchor": anchor("revised", *key, m["column_name"]), "href": addresses.get(key),
             "words": CHANGES[m["change"]], "old": _said(m["old_value"], m["old_bound"]),
             "new": _said(m["new_value"], m["new_bound"]), "percent": _percent(m)}
        )  # fmt: skip
    return found


def _runs(reader: Reader, state: State) -> dict[str, str]:
    """The runs that published in the three months before this publication, itself too, the oldest first."""
    last = datetime.fromisoformat(state.published_at)
    rows = reader.query(
        "select run_id, publication_id, published_at, as_of, event from publication order by published_at, run_id"
    ).to_pylist()
    if any(r["run_id"] == state.run_id and r["as_of"] is not None for r in rows):
        return {}
    return {
        r["run_id"]: r["publication_id"]
        for r in rows
        if r["as_of"] is None
        and r["event"] == "published"
        and last - timedelta(days=DAYS) <= datetime.fromisoformat(str(r["published_at"])) <= last
    }


def _joined(rows: list[Row]) -> list[Row]:
    """One move per figure: what it was at first, and what it is now; none where it came back to what it was."""
    moves: dict[tuple[str, str, str], Row] = {}
    for r in rows:
        key = (r["table_name"], r["figure_key"], r["column_name"])
        first = moves.get(key)
        if first is None:
            moves[key] = dict(r)
            continue
        filings = "; ".join(dict.fromkeys([*first["filings"].split("; "), *r["filings"].split("; ")]))
        was, now = first["change"], r["change"]
        change = "new" if was == "new" else "removed" if now == "removed" else "changed"
        moves[key] = {
            **first,
            "change": change,
            "new_value": r["new_value"],
            "new_bound": r["new_bound"],
            "filings": filings,
        }
    return [m for m in moves.values() if (m["old_value"], m["old_bound"]) != (m["new_value"], m["new_bound"])]


def _begins_after(figure_key: str, until: date) -> bool:
    """Whether a figure describes a time after the quarter: the first date or period that its key has."""
    from fleetstats.core.periods import parse_period

    found = re.search(
        r"\b(?:month|quarter|as_of|through|period_start|period|report_year|year)=([^,]+)", figure_key
    )
    if found is None:
        return False
    try:
        return parse_period(found[1]).start > until
    except ValueError:
        return False


def _size(row: Row) -> tuple[float, str]:
    old, new = row["old_value"], row["new_value"]
    if old is None or new is None or not old:
        return (float("inf"), str(row["figure_key"]))
    return (abs(float(new) / float(old) - 1), str(row["figure_key"]))


def _percent(row: Row) -> str:
    old, new = row["old_value"], row["new_value"]
    if old is None or new is None or not old:
        return ""
    return f"{100 * (float(new) / float(old) - 1):+,.2f}%".replace("-", "\u2212")


def _said(value: Decimal | None, bound: str | None) -> Said:
    from fleetstats.outputs.report.table_specs import CODES
    from fleetstats.outputs.report.words import number

    if value is None:
        return "–"
    if bound in (None, "exact"):
        return number(value)
    return message("{value} {bound}", value=number(value), bound=CODES.get(str(bound), str(bound)))


def _addresses(tables: dict[str, Table]) -> dict[tuple[str, str], str]:
    """Where the rows of marts that are on the page are, by mart and figure key as the ledger writes it."""
    from fleetstats.core.schema.tables import TABLES

    called = {"fleet": "operator", "company": "operator", "vendor": "operator"}
    found = {}
    for table in tables.values():
        mart = table.spec.mart
        for row in table.rows:
            parts = []
            for column in TABLES[mart].key:
                value = row.get(column, row.get(called.get(column, "quarter")))
                if value is not None:
                    parts.append(f"{column}={value}")
            address = table.address(row)
            if address:
                found[mart, ", ".join(parts)] = address
    return found


def _records(reader: Reader, state: State) -> list[Row]:
    """How many records of an edition read otherwise than in the edition that it replaces, and in which columns."""
    if "record_change" not in state.rows:
        return []
    rows = reader.query(
        "select filing, supersedes, change, column_name, count(distinct record_key) as records "
        "from record_change group by filing, supersedes, change, column_name "
        "order by filing, change, column_name"
    ).to_pylist()
    return [
        {**r, "words": CHANGES.get(r["change"], str(r["change"])),
         "anchor": anchor("records", r["filing"], r["change"], r["column_name"] or "record")}
        for r in rows
    ]  # fmt: skip
