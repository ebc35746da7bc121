"""The combination: a weighted mean of the models, weighted by how near each came on rolling origins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fleetstats.forecast.engine.history import Array


@dataclass(frozen=True)
class Weighting:
    """The constants of the weights, tuned on made panels."""

    power: float = 2.0  # a model twice as far off gets 1 / 2 ** power of the weight
    prior: float = 3.0  # equal weights count as this many origins
    memory: float = 0.95  # an error one origin older counts this much less
    growth: float = 0.5  # errors at lead h are divided by h ** growth


WEIGHTING = Weighting()


def weights(
    errors: Mapping[str, Array], first_guess: float, tuning: Weighting = WEIGHTING
) -> dict[str, float]:
    """The weight of each model, from errors known at the origin: shape (origins, h), NaN where unknown.

    With d the mean distance of a model (absolute error over lead ** growth, on the series' scale, old errors
    counting less), the weight is in proportion to d ** -power, drawn to equal weights by the share
    prior / (prior + origins).
    """
    names = list(errors)
    distances, counts = [], []
    for name in names:
        e = errors[name]
        known = ~np.isnan(e)
        age = np.arange(e.shape[0])[::-1, None]
        weight = np.where(known, tuning.memory**age, 0.0)
        reduced = np.where(known, np.abs(e), 0.0) / np.arange(1, e.shape[1] + 1) ** tuning.growth
        # The first guess counts as one error, so that luck at one origin is not taken for skill
        distances.append((first_guess + np.sum(weight * reduced)) / (1.0 + np.sum(weight)))
        counts.append(float(np.sum(known.any(axis=1))) if e.size else 0.0)
    score = np.asarray(distances, dtype=np.float64)
    raw = (np.maximum(score, 1e-12) / max(float(score.min()), 1e-12)) ** -tuning.power
    raw /= raw.sum()
    trust = max(counts) / (max(counts) + tuning.prior)
    mixed = trust * raw + (1 - trust) / len(names)
    return dict(zip(names, (float(w) for w in mixed / mixed.sum()), strict=True))


def combine(points: Mapping[str, Array], weight: Mapping[str, float]) -> Array:
    """The weighted mean of central paths, each of shape (h,), on the scale."""
    return np.asarray(sum(weight[name] * points[name] for name in weight))
