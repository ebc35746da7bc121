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
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from fleetstats.core.errors import ChecksFailed, shorten
from fleetstats.core.schema.arrow import rows_of
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.settings import Settings, packaged_folders
from fleetstats.filings.restatements import (
    NO_FILING,
    REVIEWED_COLUMNS,
    REVIEWED_FILE,
    Declared,
    Restatements,
    load_restatements,
)
from fleetstats.sources.registry import codes, packaged_folder
from fleetstats.warehouse.base import NothingPublished, Tables, Warehouse
from fleetstats.warehouse.dependencies import sources_of_tables
from fleetstats.warehouse.marts import load_statements
from fleetstats.warehouse.queries import has

NEW, CHANGED, REMOVED = "new", "changed", "removed"
WITHIN, REVIEWED, WARNING, STOP = "within", "reviewed", "warning", "stop"


class Compared(NamedTuple):
    """The value columns of a mart, and the column that says when the figure's period ends."""

    values: tuple[str, ...]
    end: str


def compared_marts() -> dict[str, Compared]:
    """Every mart with figures of its own, as the field dictionary names them."""
    return {mart.name: Compared(mart.figures, mart.ends) for mart in tables("mart") if mart.figures}


_LIKE = 1e-12
"""Relative difference below which two floats are the same figure; decimals and counts are compared exactly."""
_NINE = Decimal("1e-9")


@dataclass(frozen=True)
class Revision:
    """One figure that is new, changed or removed."""

    table_name: str
    figure_key: str
    column_name: str
    change: str
    old_value: Decimal | None
    new_value: Decimal | None
    old_bound: str | None
    new_bound: str | None
    operator: str | None
    scope: str | None
    period_end: date | None
    filings: str
    verdict: str

    @property
    def difference(self) -> Decimal | None:
        """New less old, where both are there."""
        if self.old_value is None or self.new_value is None:
            return None
        return self.new_value - self.old_value

    @property
    def percent(self) -> float | None:
        """The difference in per cent of the old value; none where that is 0."""
        if self.difference is None or not self.old_value:
            return None
        return float(self.difference / abs(self.old_value) * 100)

    def row(self) -> dict[str, Any]:
        """The columns of the ledger that do not depend on the run."""
        names = set(TABLES["revision"].columns)
        found = {k: v for k, v in vars(self).items() if k in names}
        return found | {"difference": self.difference, "percent": self.percent}

    @property
    def says(self) -> str:
        """One line for a person."""
        both = self.old_bound != self.new_bound and self.change == CHANGED
        old, new = (
            _say(value, bound, always=both)
            for value, bound in ((self.old_value, self.old_bound), (self.new_value, self.new_bound))
        )
        what = {NEW: f"new: {new}", REMOVED: f"removed: was {old}"}.get(self.change, f"{old} → {new}")
        moved = f" ({self.percent:+.2f} %)" if self.percent else ""
        return f"{self.figure_key}: {self.column_name} {what}{moved}"


def _say(value: Decimal | None, bound: str | None, *, always: bool) -> str:
    number = "nothing" if value is None else f"{value.normalize():,f}"
    return f"{number} {bound}" if bound is not None and (always or bound != "exact") else number


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
        judge = _Judge(filings, sources, restatements)
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
    judge: _Judge,
) -> Iterator[Revision]:
    old, new = pair
    columns = TABLES[name].key
    by_name = dict(zip(columns, key, strict=True))
    end = next(_last_day(compared.end, row.end) for row in (new, old) if row is not None)
    for i, column in enumerate(compared.values):
        was, now = (None if row is None else row.values[i] for row in pair)
        bounds = [None if row is None else row.bound for row in pair]
        if old is not None and new is not None:
            if _same(was, now) and (bounds[0] == bounds[1] or was is None):
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


class _Judge:
    """Whether a figure moved by more than the sources of its mart declare."""

    def __init__(self, filings: _Filings, sources: set[str], restatements: Restatements) -> None:
        moved = filings.moved(sources)
        self._rules: list[tuple[Declared, date]] = [
            (restatements.declared[s], filings.day.get(s, date.min)) for s in sorted(moved)
        ]
        self._reviewed = filings.responsible(sources) <= restatements.reviewed

    def __call__(self, revision: Revision) -> str:
        if revision.change == NEW or revision.period_end is None:
            return WITHIN
        if revision.change == CHANGED and _same(revision.old_value, revision.new_value):
            return WITHIN
        percent = math.inf if revision.percent is None else abs(revision.percent)
        distance = math.inf if revision.difference is None else abs(revision.difference)
        exceeded = {
            rule.on_excess
            for rule, day in self._rules
            if day - revision.period_end > timedelta(days=rule.grace_days)
            and percent > rule.tolerance_percent
            and distance > rule.tolerance_difference
        }
        if not exceeded:
            return WITHIN
        if self._reviewed:
            return REVIEWED
        return STOP if STOP in exceeded else WARNING


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=_LIKE)
    return bool(old == new)


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
    try:
        with warehouse.read() as before, warehouse.read(run_id) as after:
            was = _published(warehouse, before)
            found = compare(before, after, statements, says)
    except NothingPublished:
        return []  # none, or one that cannot be read: the candidate itself is proved when it is published
    stops = found.of(STOP)
    if stops:
        listed = "\n".join(f"  - {shorten(line, 400)}" for line in stops)
        raise ChecksFailed(
            f"figures older than their grace period moved by more than declared; nothing was published\n{listed}\n"
            f"  expected: no such move, or a line for each filing in {REVIEWED_FILE} of the source\n"
            f"  to do:    look at the filings; if they are right, add them to {settings.landed}/<source>/"
            f"{REVIEWED_FILE} (columns {','.join(REVIEWED_COLUMNS)}), and run again"
        )
    of = {"run_id": run_id, "publication_id": publication_id, "publication_before": was}
    warehouse.record("revision", run_id, [of | revision.row() for revision in found.rows])
    return found.of(WARNING)


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
