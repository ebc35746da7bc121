"""What a statement reads, and which sources a mart rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fleetstats.core.schema.tables import TABLES
from fleetstats.sources.registry import sources


def reads(sql: str, names: Iterable[str]) -> set[str]:
    """The tables among `names` that a statement mentions outside comments."""
    words = set(re.findall(r"[a-z_][a-z0-9_]*", re.sub(r"--[^\n]*", "", sql)))
    return words & set(names)


_RESTS_ON = {
    "forecast": "forecast_series",
    "forecast_score": "forecast_series",
    "backtest_score": "forecast_series",
    "claim_finding": "figure_in_force",
    "claim_evidence": "figure_in_force",
}
"""What a table that is no query rests on. A claim may be tested on any table, and most are on figures."""


def sources_of(sql: str, statements: dict[str, str]) -> set[str]:
    """The codes of the sources that a query on marts rests on, through all that those marts read."""
    return sources_of_tables(reads(sql, TABLES), statements)


def sources_of_tables(names: Iterable[str], statements: dict[str, str]) -> set[str]:
    """The codes of the sources that tables rest on.

    A table whose sources the field dictionary names rests on those; one that several sources fill together, on those
    that say so; every other one on what it reads.
    """
    seen: set[str] = set()
    pending = set(names)
    found: set[str] = set()
    while pending:
        name = pending.pop()
        seen.add(name)
        if TABLES[name].sources:
            found |= set(TABLES[name].sources)
            continue
        if TABLES[name].kind == "core":
            found |= {source.code for source in sources() if name in source.fills}
        below = {_RESTS_ON[name]} if name in _RESTS_ON else set()
        if name in statements:
            below |= reads(statements[name], TABLES)
        pending |= below - seen
    return found
