"""An edition beside the one before it: what is new, gone, or of another size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from fleetstats.core.schema.arrow import rows_of
from fleetstats.filings.chains import without_amendment
from fleetstats.filings.filing import Held
from fleetstats.sources.source import Source
from fleetstats.sources.staged import Staged

_SIZE_CHANGE = 0.25
"""From one edition to the next, a larger change of its size is a warning."""


_NOT_FIGURES = ("filing", "record", "original_sha256", "corrected")
"""What a staged row has besides figures: where it stands, and in which bytes."""


def same_figures(staged: Staged, before: Staged) -> bool:
    """Whether two files say the same: every row of every table that both have, in whatever order."""
    both = staged.tables.keys() & before.tables.keys()
    return bool(both) and all(_rows(staged, name) == _rows(before, name) for name in both)


def _rows(staged: Staged, name: str) -> Counter[tuple[Any, ...]]:
    table = staged.tables[name]
    figures = table.drop_columns([column for column in _NOT_FIGURES if column in table.column_names])
    return Counter(rows_of(figures))


def previous_edition(catalogue: Mapping[str, Held], edition: str, supersedes: str | None) -> Held | None:
    """The edition to compare with: the one superseded, else the latest other one of the same kind."""
    kind = _kind(edition)
    for name in (supersedes, edition):
        if name is not None and name in catalogue:
            return catalogue[name]
    alike = [
        h
        for h in catalogue.values()
        if h.filing.accepted and _kind(h.filing.edition) == kind and h.filing.edition < edition
    ]
    return max(alike, key=lambda h: h.filing.edition) if alike else None


def _kind(edition: str) -> str:
    """What follows the year in the name of an edition: `-first-time` of `2023-first-time-amended-1`."""
    return without_amendment(edition).lstrip("0123456789")


def say_counts(staged: Staged) -> str:
    """Where the records of a file went, in words."""
    return (
        f"records: {staged.records_read:,} read, {staged.records_loaded:,} loaded, "
        + (f"{staged.records_superseded:,} superseded, " if staged.records_superseded else "")
        + (f"{staged.records_dropped:,} dropped, " if staged.records_dropped else "")
        + f"{len(staged.rejected):,} rejected, {staged.records_blank:,} blank"
    )


def compare(source: Source, staged: Staged, before: Staged, previous: Held) -> list[str]:
    """What is new, gone or of another size against the edition before."""
    found = []
    columns = _plain_columns(staged.observed.get("columns", []), source)
    known = before.observed.get("columns") or (
        previous.filing.original.columns if previous.filing.original else previous.filing.columns
    )
    if known:
        found += _difference("column", columns, _plain_columns(known, source))
    for name in ("permit", "operator"):
        found += _difference(name, _values(staged, name), _values(before, name))
    now, then = _sizes(source, staged, before, previous)
    if then:
        found.append(f"rows: {now:,}, against {then:,} in {previous.filing.id} ({(now - then) / then:+.0%})")
    return found


def unlike_in_size(source: Source, staged: Staged, before: Staged, previous: Held) -> list[str]:
    """A warning, where an edition is much larger or smaller than the one before."""
    now, then = _sizes(source, staged, before, previous)
    if not then or abs(now - then) <= _SIZE_CHANGE * then:
        return []
    change = f"{(now - then) / then:+.0%}, more than {_SIZE_CHANGE:.0%}"
    return [f"another size: {now:,} rows, against {then:,} in {previous.filing.id} ({change})"]


def _sizes(source: Source, staged: Staged, before: Staged, previous: Held) -> tuple[int, int]:
    """How large both are, in the unit of the source's editions; of transcriptions their records."""
    if previous.read_as == "transcribed":
        return staged.records_loaded, before.records_loaded
    return source.size_of(staged), source.size_of(before)


def _plain_columns(columns: Iterable[str], source: Source) -> dict[str, str]:
    """Columns but those of periods, without case, and how they are printed."""
    return {c.casefold(): c for c in columns if not source.period_column(c)}


def _values(staged: Staged, column: str) -> dict[str, str]:
    return {
        value: value
        for table in staged.tables.values()
        if column in table.column_names
        for value in table[column].unique().to_pylist()
    }


def _difference(what: str, now: dict[str, str], then: dict[str, str]) -> list[str]:
    new = sorted(name for key, name in now.items() if key not in then)
    gone = sorted(name for key, name in then.items() if key not in now)
    return [f"{what}s {word}: {', '.join(names)}" for word, names in (("new", new), ("gone", gone)) if names]
