"""A new filing between those of its source: which it would replace, which would replace it, and whether that can be.

Where every edition holds all records of the one before it, a record that is gone says that the file is an older or
another one; and a record in two filings that do not replace each other would count twice. `moved.csv` of the source has
the reviewed lines of records that its publisher took out of these files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fleetstats.core.errors import BadInput
from fleetstats.filings.catalogue import Catalogue
from fleetstats.filings.chains import superseded, without_amendment
from fleetstats.filings.filing import Filing, Held
from fleetstats.filings.moved import line_of, moved_keys
from fleetstats.sources.source import Source
from fleetstats.sources.staged import Staged

_CHANGED = 0.1
"""The share of records whose figures may be others: 5 % were when the form changed (2022 to 2025), else none."""

_FEW_CHANGED = 3

_HOLES = 0.08
"""The share of older records that may be missing, later versions among them: 36 of 761 are (March 2026)."""

Read = Callable[[Held], Staged]


@dataclass(frozen=True)
class Neighbours:
    """The filing that a new one supersedes, the one that supersedes it, and those in force beside it."""

    before: Held | None
    after: Held | None
    beside: tuple[Held, ...]


def neighbours(catalogue: Catalogue, new: Held) -> Neighbours:
    """Where a filing would stand among those that are held."""
    mine = catalogue.with_one(new).of(new.filing.source)
    placed = mine[new.filing.edition]
    accepted = [h for h in mine.values() if h.filing.accepted or h is placed]
    after = next((h for h in accepted if h.filing.supersedes == new.filing.edition), None)
    before = mine.get(placed.filing.supersedes) if placed.filing.supersedes else None
    gone = superseded(h for h in accepted if h is not placed)
    chain = {h.filing.id for h in (before, after, placed) if h is not None}
    beside = tuple(h for h in accepted if h.filing.id not in gone | chain)
    return Neighbours(before, after, beside if after is None else ())


def refuse_out_of_order(filing: Filing, placed: Neighbours, source: Source) -> None:
    """`BadInput` for a filing issued before the one that it replaces, or one that replaces what reaches further.

    Also for one issued before its own period had ended, or after it was fetched.
    """
    before, after, day = placed.before, placed.after, filing.issued_on
    if before is not None and _day(filing) < _day(before.filing):
        raise BadInput(
            "a filing was issued before the one it supersedes",
            column="--issued-on",
            found=f"{day}, and {before.filing.id} on {before.filing.issued_on}",
            expected=f"{before.filing.issued_on} or later",
            todo="give the day on which these bytes were first seen",
        )
    if source.parse_edition is None:
        return
    end = source.parse_edition(filing.edition).end
    for other in (before, after):
        if other is None:
            continue
        its_end = source.parse_edition(other.filing.edition).end
        if its_end > end if other is before else its_end < end:
            raise BadInput(
                "an edition out of the order of the days of issue",
                column="--issued-on",
                found=f"{filing.edition} on {day}, and {other.filing.edition} on {other.filing.issued_on}",
                expected="a day before that of every edition that reaches further",
                todo="give the day on which this edition was issued",
            )
    if isinstance(day, date) and not end <= day <= filing.retrieved_on:
        raise BadInput(
            "a day of issue that cannot be",
            column="--issued-on",
            found=f"{day} for {filing.id}, whose period ends on {end}, fetched on {filing.retrieved_on}",
            expected="a day between the two",
            todo="give the day on which these bytes were first seen, or the right edition",
        )


def _day(filing: Filing) -> date:
    """The day of issue; by-row filings have none, and are in no order."""
    return date.max if filing.issued_on == "by_row" else filing.issued_on


def refuse_lost_or_doubled(
    source: Source, staged: Staged, new: Held, beside: Neighbours, read: Read, folders: tuple[Path, ...]
) -> None:
    """`BadInput` where records of a keyed source would vanish with a filing, or count twice."""
    if source.keys is None:
        return
    keys = source.keys_of(staged)
    moved = moved_keys(folders)
    if beside.before is not None:
        gone = source.keys_of(read(beside.before)) - keys - moved
        if gone:
            raise _bad("records are gone", new, gone, f"every record of {beside.before.filing.id}", folders)
        _refuse_changed(source, staged, read(beside.before), new, beside.before)
        another = without_amendment(beside.before.filing.edition) != without_amendment(new.filing.edition)
        if another and keys <= source.keys_of(read(beside.before)):
            expected = f"new records beside those of {beside.before.filing.id}"
            raise _bad("no record is new", new, keys, expected, None)
    if beside.after is not None:
        unknown = keys - source.keys_of(read(beside.after)) - moved
        if unknown:
            expected = f"records that {beside.after.filing.id}, which was issued later, has too"
            raise _bad("records that a later edition does not have", new, unknown, expected, folders)
        _refuse_changed(source, staged, read(beside.after), new, beside.after)
        _refuse_holes(source, keys, read(beside.after), new, beside.after)
    for other in beside.beside:
        twice = keys & source.keys_of(read(other))
        if twice:
            expected = f"no record of {other.filing.id}, which stays in force beside it"
            raise _bad("records that would count twice", new, twice, expected, None)


def _refuse_changed(source: Source, staged: Staged, other: Staged, new: Held, beside: Held) -> None:
    """`BadInput` where the figures of many records are others than a neighbour has under the same keys."""
    if source.key_content is None:
        return
    now, then = source.contents_of(staged), source.contents_of(other)
    both = now.keys() & then.keys()
    changed = {key for key in both if now[key] != then[key]}
    if len(changed) > max(_FEW_CHANGED, _CHANGED * len(both)):
        expected = f"the figures that {beside.filing.id} has in nearly all of its records"
        raise _bad("records have other figures", new, changed, expected, None)


def _refuse_holes(source: Source, keys: set[str], later: Staged, new: Held, after: Held) -> None:
    """`BadInput` where too many records are missing that a later edition has, and that came before the newest of these.

    A few are always: reports are counted when they are begun, and sent later.
    """
    if source.key_number is None:
        return
    newest = max(map(source.key_number, keys))
    older = {key for key in source.keys_of(later) if source.key_number(key) <= newest}
    missing = older - keys
    if len(missing) > _HOLES * len(older):
        expected = f"nearly all records of {after.filing.id} that came before its newest"
        raise _bad("records are missing", new, missing, expected, None)


def _bad(
    problem: str, new: Held, keys: set[str], expected: str, folders: tuple[Path, ...] | None
) -> BadInput:
    some = sorted(keys)
    todo = "the file is an older one or another one: fetch the right file"
    if folders is not None:
        todo += f"; if its publisher took them out, add for each {line_of(folders[-1], some[0])}"
    return BadInput(
        problem,
        file=new.path,
        found=f"{len(keys):,}: {', '.join(some[:5])}{' …' if len(some) > 5 else ''}",
        expected=expected,
        todo=todo,
    )
