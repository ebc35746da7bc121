"""Which filing supersedes which: amendments, withdrawals, and what is in force on a day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from fleetstats.core.csv_tables import read_rows
from fleetstats.core.errors import BadInput
from fleetstats.filings.filing import FILING_FILE, Filing, Held

_AMENDED = re.compile(r"(?P<first>.+)-amended-(?P<number>\d+)")


def check_chains(held: Iterable[Held]) -> None:
    """Every filing supersedes at most one, is superseded by at most one, and no chain comes back to itself."""
    filings = {h.filing.id: h.filing for h in held}
    successor: dict[str, str] = {}
    for filing in filings.values():
        if not filing.supersedes:
            continue
        before = f"{filing.source}/{filing.supersedes}"

        def wrong(problem: str, expected: str, filing: Filing = filing) -> BadInput:
            return BadInput(
                problem,
                file=f"{filing.id}/{FILING_FILE}",
                column="supersedes",
                found=filing.supersedes,
                expected=expected,
                todo="fix supersedes in the filing's filing.yml",
            )

        if before not in filings:
            raise wrong("a filing supersedes one that does not exist", f"an edition of {filing.source}")
        if before in successor and filing.accepted and filings[successor[before]].accepted:
            raise wrong(
                "two filings supersede the same one",
                f"one that supersedes {successor[before]}, which came in between",
            )
        if filing.accepted and not filings[before].accepted:
            raise wrong(
                "a filing supersedes one that has not been accepted",
                f"{before} to be accepted first: fleetstats accept {filing.source} {filing.supersedes}",
            )
        was = filings[before].issued_on
        if filing.issued_on != "by_row" and was != "by_row" and filing.issued_on < was:
            raise BadInput(
                "a filing was issued before the one it supersedes",
                file=f"{filing.id}/{FILING_FILE}",
                column="issued_on",
                found=f"{filing.issued_on}, and {before} on {was}",
                expected=f"{was} or later",
                todo="fix issued_on, or supersedes, in the filing's filing.yml",
            )
        successor[before] = filing.id
    for first in successor:
        seen, current = {first}, first
        while current in successor:
            current = successor[current]
            if current in seen:
                raise BadInput(
                    "filings supersede each other in a circle",
                    file=f"{current}/{FILING_FILE}",
                    column="supersedes",
                    found=" < ".join(sorted(seen)),
                    expected="a chain that begins with an original",
                    todo="fix supersedes in one of their filing.yml",
                )
            seen.add(current)


CHAINS_FILE = "chains.csv"
_CHAIN_COLUMNS = "chain editions note".split()


def load_chains(roots: Iterable[Path], sources: Iterable[str]) -> dict[str, dict[str, str]]:
    """The chains of each source whose editions replace each other: `chains.csv` beside its filings, if there is one.

    `editions` is a pattern of the editions' names without `-amended-…`; the first chain that fits an edition is its
    own. Raises `BadInput` for a pattern that is none.
    """
    found: dict[str, dict[str, str]] = {}
    for path, source in ((root / source / CHAINS_FILE, source) for root in roots for source in sources):
        for number, row in read_rows(path, _CHAIN_COLUMNS):
            try:
                re.compile(row["editions"])
            except re.error as error:
                raise BadInput(
                    "a pattern that cannot be read",
                    file=path,
                    record=number,
                    column="editions",
                    found=f"{row['editions']}: {error}",
                    expected="a regular expression of names of editions",
                    todo="fix the line",
                ) from error
            found.setdefault(source, {}).setdefault(row["chain"], row["editions"])
    return found


def chained(held: Iterable[Held], chains: Mapping[str, Mapping[str, str]]) -> list[Held]:
    """The filings, each superseding the one before it of its chain where its source's editions replace each other.

    `chains` has, by source, a name for each chain and a pattern of the editions in it. Their days of issue give the
    order, so that an edition that arrives late lands in its place; a filing that waits to be accepted has the last one
    issued before it, and nothing supersedes it.
    """
    found = list(held)
    before: dict[tuple[str, str], list[Held]] = {}
    places = sorted(range(len(found)), key=lambda i: _when(found[i].filing))
    for place in places:
        one = found[place]
        chain = _chain_of(one.filing, chains.get(one.filing.source, {}))
        if chain is None:
            continue
        earlier = before.setdefault((one.filing.source, chain), [])
        supersedes = earlier[-1].filing.edition if earlier else None
        found[place] = replace(one, filing=one.filing.model_copy(update={"supersedes": supersedes}))
        if one.filing.accepted:
            earlier.append(found[place])
    return found


def without_chain(filing: Filing, chains: Mapping[str, Mapping[str, str]]) -> Filing:
    """A filing without what `chained` said that it supersedes."""
    if _chain_of(filing, chains.get(filing.source, {})) is None:
        return filing
    return filing.model_copy(update={"supersedes": None})


def _chain_of(filing: Filing, chains: Mapping[str, str]) -> str | None:
    edition = without_amendment(filing.edition)
    return next((name for name, pattern in chains.items() if re.fullmatch(pattern, edition)), None)


def _when(filing: Filing) -> tuple[date, str]:
    return (date.min if filing.issued_on == "by_row" else filing.issued_on, filing.edition)


def in_vintage(held: Iterable[Held], as_of: date | None) -> list[Held]:
    """The accepted filings that had been issued by `as_of` (all of them, if it is None); by-row filings are
    always in, and their rows are filtered by their own dates."""
    return [
        h
        for h in held
        if h.filing.accepted
        and (as_of is None or h.filing.issued_on == "by_row" or h.filing.issued_on <= as_of)
    ]


def superseded(held: Iterable[Held], as_of: date | None = None) -> set[str]:
    """The ids of those among these filings that are not in force: a filing that replaces them, at once or
    through others, has not been withdrawn by `as_of`, or they have been withdrawn themselves."""
    filings = {h.filing.id: h.filing for h in held}
    gone = {key for key, filing in filings.items() if _withdrawn(filing, as_of)}
    for key in filings.keys() - gone:
        for before in _predecessors(filings, key):
            gone.add(before)
    return gone


def _withdrawn(filing: Filing, as_of: date | None) -> bool:
    return filing.withdrawn_on is not None and (as_of is None or filing.withdrawn_on <= as_of)


def _predecessors(filings: dict[str, Filing], key: str) -> Iterator[str]:
    """The filings that one replaces, the nearest first; also the last, where its filing is not among these."""
    supersedes = filings[key].supersedes
    while supersedes is not None:
        before = f"{filings[key].source}/{supersedes}"
        yield before
        supersedes = filings[before].supersedes if before in filings else None


def without_amendment(edition: str) -> str:
    """The edition that an amendment is of, and any other edition as it is."""
    match = _AMENDED.fullmatch(edition)
    return match["first"] if match else edition


def next_amendment(edition: str, editions: Iterable[str]) -> tuple[str, str]:
    """The name of the next amendment of `edition`, and the edition it supersedes: the last of its chain."""
    first = without_amendment(edition)
    numbers = [
        int(m["number"]) for e in editions if (m := _AMENDED.fullmatch(e)) is not None and m["first"] == first
    ]
    last = f"{first}-amended-{max(numbers)}" if numbers else first
    return f"{first}-amended-{max(numbers, default=0) + 1}", last
