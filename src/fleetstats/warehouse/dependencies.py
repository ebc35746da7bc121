"""What a statement reads, and which sources a mart rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fleetstats.core.schema.tables import TABLES
from fleetstats.sources.registry import SOURCES


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


_SOURCE_OF_TABLE = {"cadmv_event_count": "cadmv_disengagement", "cadmv_event": "cadmv_disengagement"}


def sources_of(sql: str, statements: dict[str, str]) -> set[str]:
    """The codes of the sources that a query on marts rests on, through all that those marts read."""
    seen: set[str] = set()
    pending = reads(sql, TABLES)
    texts = [sql]
    while pending:
        name = pending.pop()
        seen.add(name)
        if name in _RESTS_ON and _RESTS_ON[name] not in seen:
            pending.add(_RESTS_ON[name])
        if name in statements:
            texts.append(statements[name])
            pending |= reads(statements[name], TABLES) - seen
    sources = {s for s in SOURCES if any(f"'{s}'" in text for text in texts)}
    if "published_figure" in seen and not any(s for s in sources if not s.startswith(("cadmv_", "nhtsa_"))):
        sources |= {s for s in SOURCES if not s.startswith(("cadmv_", "nhtsa_"))}
    for name in seen:
        if name.startswith("cadmv_"):
            sources.add(_SOURCE_OF_TABLE.get(name, "cadmv_mileage"))
        elif name.startswith("nhtsa_"):
            sources.add("nhtsa_sgo")
    return sources
