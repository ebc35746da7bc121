"""Exact limits of expected numbers, for rates of rare events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.statistics import OUTSIDE

if TYPE_CHECKING:
    import pyarrow as pa


def poisson_limits(occurring: Iterable[int]) -> pa.Table:
    """Exact two-sided limits of the expected number, at `CONFIDENCE_LEVEL`, for each of these numbers of events.

    Garwood, F. (1936), "Fiducial limits for the Poisson distribution", Biometrika 28: the limits are
    quantiles of gamma distributions with shapes n and n + 1; for n = 0 the lower one is 0.
    """
    from scipy.special import gammaincinv

    counts = sorted(set(occurring))
    rows = [
        {
            "events": n,
            "lower": float(gammaincinv(n, OUTSIDE)) if n else 0.0,
            "upper": float(gammaincinv(n + 1, 1 - OUTSIDE)),
        }
        for n in counts
    ]
    return rows_to_table("poisson_limit", rows)
