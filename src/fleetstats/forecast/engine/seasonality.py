"""Seasonal pattern of a history: how much each season differs, shrunk by how sure that is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_LEAST_YEARS = 3
_LEAST_STRENGTH = 0.35
"""A pattern that explains less of what is left without trend is taken for noise."""


def seasonal_pattern(z: Array, season: int) -> Array:
    """What each season adds, shape (season,), beginning with that of `z[0]`; zeros where there is none to see.

    Classical decomposition (Hyndman and Athanasopoulos, 3.4): distances from the centred moving average of a
    year, averaged by season. The strength is the share of their variance that the seasons explain, corrected
    for the number of seasons as an R squared is; the pattern is multiplied by it.
    """
    nothing = np.zeros(season)
    if season < 2 or z.size < _LEAST_YEARS * season:
        return nothing
    window = np.full(season + 1, 1.0 / season)
    window[[0, -1]] /= 2
    half = season // 2
    trend = np.array([float(np.sum(window * z[i - half : i + half + 1])) for i in range(half, z.size - half)])
    distances = z[half : z.size - half] - trend
    which = np.arange(half, z.size - half) % season
    count = np.bincount(which, minlength=season)
    means = np.bincount(which, weights=distances, minlength=season) / np.maximum(count, 1)
    left = float(np.sum((distances - means[which]) ** 2)) / max(distances.size - season, 1)
    all_of_it = float(np.sum((distances - distances.mean()) ** 2)) / max(distances.size - 1, 1)
    strength = 1 - left / all_of_it if all_of_it > 1e-12 else 0.0
    if strength < _LEAST_STRENGTH:
        return nothing
    return np.asarray(strength * (means - means.mean()))
