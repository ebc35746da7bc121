"""A watch on how well the published intervals cover."""

from __future__ import annotations

from datetime import timedelta

from fleetstats.core.settings import Settings
from fleetstats.core.statistics import CONFIDENCE_LEVEL, JUDGED_INTERVAL
from fleetstats.warehouse.registry import open_warehouse

BAND = (0.74, 0.86)
"""The share of truths that the intervals by which forecasts are judged have to hold."""


def coverage_warnings(settings: Settings) -> list[str]:
    """Whether the combination's intervals held what they should over the last rolling year of targets.

    One line for each measure whose coverage lies outside `BAND`, by more than chance explains (exact
    binomial limits), and none where all is well or too little is known. The year ends with the newest target
    that was scored, not with today.
    """
    from scipy.stats import binomtest

    column = f"inside_{JUDGED_INTERVAL}"
    ledger = open_warehouse(settings).ledger("forecast_score")
    rows = [
        row
        for row in ledger.select(
            ["measure", "model", "quantity", "truth_basis", "target_end", column]
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
            row[column]
            for row in rows
            if row["measure"] == measure and row["target_end"] > last - timedelta(days=365)
        ]
        if not inside:
            continue
        limits = binomtest(sum(inside), len(inside)).proportion_ci(float(CONFIDENCE_LEVEL))
        if limits.high < BAND[0] or limits.low > BAND[1]:
            said.append(
                f"{measure}: the {JUDGED_INTERVAL} % intervals of the combination held {sum(inside)} of "
                f"{len(inside)} truths in the year to {last} ({sum(inside) / len(inside):.0%}); "
                f"expected: {BAND[0]:.0%} to {BAND[1]:.0%}"
            )
    return said
