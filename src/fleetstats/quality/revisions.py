"""What a publication says otherwise than the one before it: every figure of every mart, and whose doing it is.

A figure is a value column of a mart, told by the mart's key. Those that are new, changed or removed become rows of
the ledger `revision`. One that is older than its source's grace period and moves by more than its tolerance is a
warning, or stops the build, as the source declares.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from fleetstats.core.csv_tables import csv_line
from fleetstats.core.errors import ChecksFailed, shorten
from fleetstats.core.schema.arrow import rows_of
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.settings import Settings, packaged_folders
from fleetstats.filings.restatements import (
    NO_FILING,
    REVIEWED_COLUMNS,
    REVIEWED_FILE,
    Restatements,
    load_restatements,
)
from fleetstats.quality.losses import lost_or_doubled
from fleetstats.quality.moves import CHANGED, NEW, REMOVED, STOP, WARNING, WITHIN, Judge, Revision, same
from fleetstats.sources.registry import codes, packaged_folder, sources
from fleetstats.sources.reviewed import Reviewed
from fleetstats.warehouse.base import NothingPublished, Tables, Warehouse
from fleetstats.warehouse.dependencies import sources_of_tables
from fleetstats.warehouse.marts import load_statements
from fleetstats.warehouse.queries import has


class Compared(NamedTuple):
    """The value columns of a mart, and the column that says when the figure's period ends."""

    values: tuple[str, ...]
    end: str


def compared_marts() -> dict[str, Compared]:
    """Every mart with figures of its own, as the field dictionary names them."""
    return {mart.name: Compared(mart.figures, mart.ends) for mart in tables("mart") if mart.figures}


_NINE = Decimal("1e-9")


@dataclass(frozen=True)
class Revisions:
    """All revisions between two publications, and the filings that came into force or went out of it."""

    rows: tuple[Revision, ...] = ()
    arrived: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def of(self, verdict: str) -> list[str]:
        """One line for each mart with figures of this verdict: how many, the largest, and the filings."""
        lines = []
        for name in compared_marts():
            mine = [r for r in self.rows if r.table_name == name and r.verdict == verdict]
            if mine:
                largest = max(mine, key=lambda r: math.inf if r.percent is None else abs(r.percent))
                lines.append(
                    f"{name}: {len(mine):,} older figure{'s' if len(mine) > 1 else ''} moved by more than declared; "
                    f"{largest.says}; {largest.filings}"
                )
        return lines


@dataclass(frozen=True)
class _Filings:
    """The filings of two publications: which came, which went, per source, and the latest day of issue."""

    arrived: dict[str, list[str]] = field(default_factory=dict)
    gone: dict[str, list[str]] = field(default_factory=dict)
    day: dict[str, date] = field(default_factory=dict)

    def of(self, sources: set[str]) -> str:
        """Which filings are responsible for what moved in a mart of these sources."""
        parts = [
            f"{word}: {', '.join(names)}"
            for word, by_source in (("in", self.arrived), ("out", self.gone))
            if (names := [n for s in sorted(sources) for n in by_source.get(s, [])])
        ]
        return "; ".join(parts) or f"{NO_FILING}: code or reviewed tables"

    def moved(self, sources: set[str]) -> set[str]:
        """Those of the sources of which a filing came or went; all of them, if none did."""
        return sources & (self.arrived.keys() | self.gone.keys()) or sources

    def judge(self, sources: set[str], restatements: Restatements) -> Judge:
        """Who says whether a figure of a mart of these sources moved too far."""
        rules = [(restatements.declared[s], self.day.get(s, date.min)) for s in sorted(self.moved(sources))]
        by_filings = bool(sources & (self.arrived.keys() | self.gone.keys()))
        gone = {n for s in sources for n in self.gone.get(s, [])}
        reviewed = self.responsible(sources) <= restatements.reviewed
        taken_out = bool(gone) and gone <= restatements.removed
        return Judge(rules, by_filings=by_filings, reviewed=reviewed or taken_out)

    def responsible(self, sources: set[str]) -> set[str]:
        """The filings that a reviewed line has to name."""
        return {n for s in sources for n in self.arrived.get(s) or self.gone.get(s, [])} or {NO_FILING}


def _filings(before: Tables, after: Tables) -> _Filings:
    columns = ("source", "filing", "in_force", "sha256", "original_sha256", "issued_on")
    found = _Filings()
    states = []
    for there in (before, after):
        rows = list(rows_of(there.table("filing", columns))) if has(there, "filing", columns) else []
        # A digest and its original are the same filing
        states.append({(r[0], r[1], r[4] or r[3]): r[5] for r in rows if r[2]})
        for row in rows:
            found.day[row[0]] = max(found.day.get(row[0], date.min), row[5])
    then, now = states
    for key in sorted(now.keys() - then.keys()):
        found.arrived.setdefault(key[0], []).append(key[1])
    for key in sorted(then.keys() - now.keys()):
        found.gone.setdefault(key[0], []).append(key[1])
    for source, names in found.arrived.items():
        found.day[source] = max(day for key, day in now.items() if key[1] in names)
    return found


def compare(
    before: Tables, after: Tables, statements: Mapping[str, str], restatements: Restatements
) -> Revisions:
    """Every figure of `after` against `before`; marts that one of the two does not have are left out."""
    filings = _filings(before, after)
    rows: list[Revision] = []
    for name, compared in compared_marts().items():
        old, new = _figures(before, name, compared), _figures(after, name, compared)
        if old is None or new is None or old == new:
            continue
        sources = sources_of_tables([name], dict(statements))
        responsible = filings.of(sources)
        judge = filings.judge(sources, restatements)
        for key in sorted(old.keys() | new.keys(), key=lambda k: tuple(map(str, k))):
            rows += _revisions(name, compared, key, (old.get(key), new.get(key)), responsible, judge)
    return Revisions(
        tuple(rows),
        tuple(n for names in filings.arrived.values() for n in names),
        tuple(n for names in filings.gone.values() for n in names),
    )


class _Row(NamedTuple):
    values: tuple[Any, ...]
    bound: str | None
    end: Any


def _figures(there: Tables, name: str, compared: Compared) -> dict[tuple[Any, ...], _Row] | None:
    key = TABLES[name].key
    columns = (*key, *compared.values, "bound", compared.end)
    if not has(there, name, columns):
        return None
    size = len(key)
    # The end is often part of the key
    rows = rows_of(there.table(name, dict.fromkeys(columns)).select(columns))
    return {tuple(r[:size]): _Row(tuple(r[size:-2]), r[-2], r[-1]) for r in rows}


def _revisions(
    name: str,
    compared: Compared,
    key: tuple[Any, ...],
    pair: tuple[_Row | None, _Row | None],
    filings: str,
    judge: Judge,
) -> Iterator[Revision]:
    old, new = pair
    columns = TABLES[name].key
    by_name = dict(zip(columns, key, strict=True))
    end = next(_last_day(compared.end, row.end) for row in (new, old) if row is not None)
    for i, column in enumerate(compared.values):
        was, now = (None if row is None else row.values[i] for row in pair)
        bounds = [None if row is None else row.bound for row in pair]
        if old is not None and new is not None:
            if same(was, now) and (bounds[0] == bounds[1] or was is None):
                continue
            change = CHANGED
        elif was is None and now is None:
            continue
        else:
            change = NEW if old is None else REMOVED
        found = Revision(
            table_name=name,
            figure_key=", ".join(f"{c}={v}" for c, v in by_name.items() if v is not None),
            column_name=column,
            change=change,
            old_value=_decimal(was),
            new_value=_decimal(now),
            old_bound=bounds[0],
            new_bound=bounds[1],
            operator=by_name.get("operator") or by_name.get("fleet"),
            scope=by_name.get("scope"),
            period_end=end,
            filings=filings,
            verdict=WITHIN,
        )
        yield Revision(**{**vars(found), "verdict": judge(found)})


def _decimal(value: Any) -> Decimal | None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return Decimal(str(value)).quantize(_NINE)


def _last_day(column: str, value: Any) -> date | None:
    """The last day of the period that a figure describes."""
    if not isinstance(value, date):
        return None
    months = {"month": 1, "quarter_start": 3}.get(column)
    if months is None:
        return value
    year, month = value.year + (value.month + months - 2) // 12, (value.month + months - 2) % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def revise(
    settings: Settings, warehouse: Warehouse, run_id: str, publication_id: str, as_of: date | None
) -> list[str]:
    """Compare an audited candidate with what is published, and append the revisions to the ledger.

    Returns warnings. Raises `ChecksFailed`, with nothing in the ledger, where a figure moved by more than its
    source declares and the source says stop. A vintage, and the first publication, revise nothing.
    """
    if as_of is not None:
        return []
    statements, says = load_statements(*packaged_folders("sql")), declared(settings)
    folders = Reviewed.open(settings).folders
    try:
        with warehouse.read() as before, warehouse.read(run_id) as after:
            was = _published(warehouse, before)
            found = compare(before, after, statements, says)
            lost = lost_or_doubled(before, after, sources(), folders, says.removed)
    except NothingPublished:
        # None, or one that cannot be read: the candidate itself is proved when it is published
        with warehouse.read(run_id) as after:
            _refuse(lost_or_doubled(None, after, sources(), folders))
        return []
    _refuse(lost)
    stops = found.of(STOP)
    if stops:
        listed = "\n".join(f"  - {shorten(line, 400)}" for line in stops)
        filings = found.arrived or found.gone or (NO_FILING,)
        lines = "\n".join(f"            {csv_line(filing, 'REASON', 'DAY')}" for filing in filings)
        raise ChecksFailed(
            f"figures are gone or smaller, or moved by more than declared; nothing was published\n{listed}\n"
            f"  expected: no such move, or a reviewed line for each filing behind it in {REVIEWED_FILE} of its source\n"
            f"  to do:    look at the filings. If one is wrong: fleetstats remove SOURCE EDITION --reason REASON\n"
            f"            If they are right, add to {settings.landed}/<source>/{REVIEWED_FILE} (a new file begins with "
            f"{','.join(REVIEWED_COLUMNS)}), and run again:\n{lines}"
        )
    of = {"run_id": run_id, "publication_id": publication_id, "publication_before": was}
    warehouse.record("revision", run_id, [of | revision.row() for revision in found.rows])
    return found.of(WARNING)


def _refuse(lost: list[str]) -> None:
    if lost:
        listed = "\n".join(f"  - {line}" for line in lost)
        raise ChecksFailed(
            f"records are lost or would count twice; nothing was published\n{listed}\n"
            "  to do:    look at the filings that were added or taken out last: an older file or another one was taken "
            "for an edition; fleetstats remove takes a filing out"
        )


def _published(warehouse: Warehouse, before: Tables) -> str:
    """The name of what is published, also where a killed run has left it without its note."""
    state = warehouse.state()
    if state is not None:
        return state.publication_id
    _, name = max(rows_of(before.table("publication", ("published_at", "publication_id"))))
    return str(name)


def declared(settings: Settings) -> Restatements:
    """What the sources declare, packaged and the user's own."""
    return load_restatements({code: packaged_folder(code, settings.raw) for code in codes()}, settings.landed)
