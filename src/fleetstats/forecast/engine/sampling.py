"""Sample paths around a central path: the same ranks for every model of a series, tails of Student's t."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from fleetstats.forecast.engine.calibration import Spread
from fleetstats.forecast.engine.history import Array, History

PATHS = 1000
"""Sample paths of a forecast."""

SEED = 20231130
"""The seed unless another is asked for: the day of the report that is judged."""

_TOGETHER = 0.85
"""How much of an error stays from lead to lead, as in a random walk; the rest is new at each lead."""


def ranks(series_id: str, seed: int, horizon: int, paths: int = PATHS) -> NDArray[np.intp]:
    """For each lead a permutation of 0 … paths-1, shape (paths, h): a Gaussian copula, made even.

    The errors of leads j <= k are correlated as those of a random walk are, sqrt(j / k), a little less. Each
    lead holds every rank once, so that quantiles have no sampling error, and each path has its mirror image.
    The seed is derived from the series' name: what else is forecast, in which order and by how many
    processes, changes nothing.
    """
    digest = hashlib.sha256(series_id.encode()).digest()
    words = [int.from_bytes(digest[i : i + 4], "big") for i in range(0, 16, 4)]
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))
    leads = np.arange(1, horizon + 1)
    ratio = np.minimum.outer(leads, leads) / np.maximum.outer(leads, leads)
    correlation = _TOGETHER * np.sqrt(ratio) + (1 - _TOGETHER) * np.eye(horizon)
    normal = generator.standard_normal((paths // 2, horizon))
    # einsum, not a product by BLAS: its result does not depend on how many threads there are
    half = np.einsum("pj,kj->pk", normal, np.linalg.cholesky(correlation))
    return np.argsort(np.argsort(np.concatenate([half, -half]), axis=0, kind="stable"), axis=0, kind="stable")


def sample(center: Array, spread: Spread, history: History, order: NDArray[np.intp]) -> Array:
    """Paths in the unit of the series, shape (paths, h), around `center`, shape (h,), on the scale."""
    from scipy import stats

    grid = (np.arange(order.shape[0]) + 0.5) / order.shape[0]
    tails = stats.t.ppf(grid, spread.freedom)
    reached = center + spread.scale * tails[order]
    return history.scale.backward(np.minimum(reached, history.ceiling(center.size)))
