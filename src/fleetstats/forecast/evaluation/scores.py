"""Proper scores and coverage, by the library scoringrules; arrays in, arrays out.

`n` is the number of targets scored at once. Lower is better for every score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleetstats.forecast.engine.result import LEVELS

Array = NDArray[np.float64]

COVERAGES = (50, 80, 95)
"""Central intervals, in per cent, whose coverage is counted."""


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of n targets, each of shape (n,), in the unit of the series where it has one.

    `absolute_error`: of the median. `scaled_error`: that over the scale (MASE is its mean). `crps`:
    continuous ranked probability score. `wis`: weighted interval score. `covered`: by interval in per cent, 1
    where it holds the truth and 0 where not. NaN where something needed for it is not there.
    """

    absolute_error: Array
    scaled_error: Array
    crps: Array
    wis: Array
    covered: dict[int, Array]


def score_paths(paths: Array, truth: Array, scale: Array | float = np.nan) -> Scores:
    """Scores of sample paths, shape (paths, n), against `truth`, shape (n,); CRPS from the paths.

    Matheson and Winkler, Management Science 22 (1976); the estimator is that of probability weighted moments
    (Zamo and Naveau, Mathematical Geosciences 50, 2018).
    """
    import scoringrules

    levels = np.asarray(LEVELS)
    found = score_quantiles(np.quantile(paths, levels, axis=0).T, levels, truth, scale)
    crps = scoringrules.crps_ensemble(truth, paths.T, estimator="pwm", backend="numpy")
    return Scores(found.absolute_error, found.scaled_error, np.asarray(crps), found.wis, found.covered)


def score_quantiles(
    values: Array, levels: Sequence[float] | Array, truth: Array, scale: Array | float = np.nan
) -> Scores:
    """Scores of quantiles, `values` of shape (n, levels) at rising `levels`, against `truth`, shape (n,).

    CRPS is the mean quantile score, twice (Laio and Tamea, 2007); the weighted interval score is that of
    Bracher, Ray, Gneiting and Reich, PLOS Computational Biology 17 (2021), over all central intervals there
    are. `scale` turns absolute errors into scaled ones: see `mase_scale`.
    """
    import scoringrules

    grid = np.asarray(levels, dtype=np.float64)
    nothing = np.full(truth.shape, np.nan)
    where = {round(float(level), 6): i for i, level in enumerate(grid)}
    median = values[:, where[0.5]] if 0.5 in where else nothing
    error = np.abs(median - truth)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(np.asarray(scale) > 0, error / scale, np.nan)
    crps = np.asarray(scoringrules.crps_quantile(truth, values, grid, backend="numpy"))
    pairs = [
        (i, where[round(1 - a, 6)], 2 * a) for a, i in where.items() if a < 0.5 and round(1 - a, 6) in where
    ]
    wis = nothing
    if pairs and 0.5 in where:
        lower, upper, alpha = (np.array(part) for part in zip(*pairs, strict=True))
        outside = scoringrules.interval_score(
            truth, values[:, lower], values[:, upper], alpha, backend="numpy"
        ).reshape(truth.size, alpha.size)
        # Not scoringrules.weighted_interval_score: version 0.10 adds the median where its error belongs
        wis = np.asarray((0.5 * error + np.sum(alpha / 2 * outside, axis=1)) / (alpha.size + 0.5))
    covered = {}
    for per_cent in COVERAGES:
        low, high = round(0.5 - per_cent / 200, 6), round(0.5 + per_cent / 200, 6)
        if low in where and high in where:
            inside = (values[:, where[low]] <= truth) & (truth <= values[:, where[high]])
            covered[per_cent] = np.where(np.isnan(truth), np.nan, inside.astype(np.float64))
        else:
            covered[per_cent] = nothing
    return Scores(error, scaled, crps, wis, covered)


def mase_scale(values: Array, season: int) -> float:
    """The mean absolute error of the seasonal naive rule within a history: what MASE divides by.

    Hyndman and Koehler, International Journal of Forecasting 22 (2006). `values`: shape (n,), NaN where
    missing. A history of less than a year and a period is measured from period to period. NaN where no
    difference is known or all are zero: nothing can be scaled by them.
    """
    lag = season if values.size > season else 1
    changes = np.abs(values[lag:] - values[:-lag])
    known = changes[~np.isnan(changes)]
    found = float(known.mean()) if known.size else 0.0
    return found if found > 0 else float("nan")
