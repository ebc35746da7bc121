"""A watch on how well the published intervals cover."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fleetstats.core.settings import Settings
from fleetstats.warehouse.registry import open_warehouse

if TYPE_CHECKING:
    pass


BAND = (0.74, 0.86)
"""The share of truths that the central 80 % intervals have to hold."""


def coverage_warnings(settings: Settings) -> list[str]:
    """Whether the combination's 80 % intervals held what they should over the last rolling year of targets.

    One line for each measure whose coverage lies outside 74 to 86 %, by more than chance explains (exact 95 %
    binomial limits), and none where all is well or too little is known. The year ends with the newest target
    that was scored, not with today.
    """
    from scipy.stats import binomtest

    ledger = open_warehouse(settings).ledger("forecast_score")
    rows = [
        row
        for row in ledger.select(
            ["measure", "model", "quantity", "truth_basis", "target_end", "inside_80"]
        ).to_pylist()
        if row["model"] == "combination"
        and row["quantity"] == "increment"
        and row["truth_basis"] == "known_today"
    ]
    if not rows:
        return []
    last = max(row["target_end"] for row in rows)
    said = []
    for measure in sorted({row["measure"] for row in rows}):
        inside = [
            row["inside_80"]
            for row in rows
            if row["measure"] == measure and row["target_end"] > last - timedelta(days=365)
        ]
        if not inside:
            continue
        limits = binomtest(sum(inside), len(inside)).proportion_ci(0.95)
        if limits.high < BAND[0] or limits.low > BAND[1]:
            said.append(
                f"{measure}: the 80 % intervals of the combination held {sum(inside)} of {len(inside)} truths in the "
                f"year to {last} ({sum(inside) / len(inside):.0%}); expected: {BAND[0]:.0%} to {BAND[1]:.0%}"
            )
    return said
