"""Exact limits of expected numbers, for rates of rare events."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fleetstats.core.schema.arrow import rows_to_table

if TYPE_CHECKING:
    import pyarrow as pa


def poisson_limits(filers: pa.Table | None, incidents: pa.Table | None = None) -> pa.Table:
    """Exact two-sided 95 % limits of the expected number for each count of disengagements that occurs, and for
    every number of incidents up to the most that one operator has where there is mileage of the same scope.

    Garwood, F. (1936), "Fiducial limits for the Poisson distribution", Biometrika 28: the limits are
    quantiles of gamma distributions with shapes n and n + 1; for n = 0 the lower one is 0.
    """
    from scipy.special import gammaincinv

    occurring: set[int] = set()
    if filers is not None:
        occurring |= {n for n in filers["disengagements"].to_pylist() if n is not None}
    if incidents is not None:
        most: Counter[tuple[str, str]] = Counter()
        for row in incidents.select(["filing", "operator", "mileage_scope", "incidents"]).to_pylist():
            if row["mileage_scope"] is not None:
                most[(row["operator"], row["mileage_scope"])] += row["incidents"]
        occurring |= set(range(max(most.values(), default=-1) + 1))
    counts = sorted(occurring)
    rows = [
        {
            "events": n,
            "lower": float(gammaincinv(n, 0.025)) if n else 0.0,
            "upper": float(gammaincinv(n + 1, 0.975)),
        }
        for n in counts
    ]
    return rows_to_table("poisson_limit", rows)
