"""From when to when each filing was in force: the days on which what is known changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from fleetstats.filings.chains import superseded
from fleetstats.filings.filing import Held

IN_FORCE = "in_force"
WITHDRAWN = "withdrawn"


def filing_vintages(
    held: Iterable[Held], known_from: Mapping[str, date], as_of: date | None = None
) -> list[dict[str, Any]]:
    """Rows of filing_vintage: for each filing, the stretches of days on which it was in force.

    `known_from` is the first day of each filing; filings without one have no rows yet and are left out. A
    filing whose rows have their own dates replaces what it replaces from its chain's first day on, as in every
    vintage. Where all filings of a chain have been withdrawn, the last of them stands as withdrawn. A filing
    replaced on its own first day has no row. Days after `as_of` are unknown.
    """
    by_id = {h.filing.id: h for h in held}
    chains: dict[str, list[Held]] = defaultdict(list)
    for one in by_id.values():
        chains[_root(by_id, one)].append(one)
    rows: list[dict[str, Any]] = []
    for root, chain in sorted(chains.items()):
        known = [known_from[h.filing.id] for h in chain if h.filing.id in known_from]
        if not known:
            continue
        first = min(known)
        starts = {
            h.filing.id: first if h.filing.issued_on == "by_row" else known_from[h.filing.id] for h in chain
        }
        days = set(starts.values())
        days |= {h.filing.withdrawn_on for h in chain if h.filing.withdrawn_on is not None}
        stretches: list[dict[str, Any]] = []
        for day in sorted(d for d in days if as_of is None or d <= as_of):
            filing, state = _on(chain, starts, day)
            if stretches and stretches[-1]["filing"] == filing and stretches[-1]["state_known"] == state:
                continue
            if stretches:
                stretches[-1]["known_to"] = day - timedelta(days=1)
            stretches.append(
                {"filing": filing, "chain": root, "state_known": state, "known_from": day, "known_to": None}
            )
        rows += [row for row in stretches if row["filing"] in known_from]
    return rows


def _root(by_id: Mapping[str, Held], one: Held) -> str:
    while one.filing.supersedes is not None:
        before = f"{one.filing.source}/{one.filing.supersedes}"
        if before not in by_id:
            return before
        one = by_id[before]
    return one.filing.id


def _on(chain: list[Held], starts: Mapping[str, date], day: date) -> tuple[str, str]:
    """Which filing of a chain is in force on a day, or the last one withdrawn if none is."""
    known = [h for h in chain if starts[h.filing.id] <= day]
    gone = superseded(known, day)
    for one in known:
        if one.filing.id not in gone:
            return one.filing.id, IN_FORCE
    last = max(known, key=lambda h: (h.filing.withdrawn_on or date.min, h.filing.id))
    return last.filing.id, WITHDRAWN
