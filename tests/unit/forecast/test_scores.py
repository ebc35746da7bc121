"""Scores, against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from fleetstats.forecast import LEVELS
from fleetstats.forecast.evaluation.scores import mase_scale, score_paths, score_quantiles

NAN = float("nan")


def test_the_crps_of_paths_is_that_of_their_distribution() -> None:
    grid = (np.arange(4000) + 0.5) / 4000
    paths = np.stack([stats.norm.ppf(grid), 3 + 2 * stats.norm.ppf(grid)], axis=1)
    found = score_paths(paths, np.array([0.7, 3.0]))
    # Gneiting and Raftery (2007): of a normal distribution in closed form
    expected = 0.7 * (2 * stats.norm.cdf(0.7) - 1) + 2 * stats.norm.pdf(0.7) - 1 / np.sqrt(np.pi)
    at_center = 2 * (2 * stats.norm.pdf(0) - 1 / np.sqrt(np.pi))
    assert found.crps == pytest.approx([expected, at_center], abs=1e-3)


def test_the_weighted_interval_score_is_the_mean_quantile_score_of_its_levels() -> None:
    values = np.sort(np.random.default_rng(1).normal(5, 2, (6, len(LEVELS))), axis=1)
    truth = np.array([5.0, 1, 9, 4, 6, 5.5])
    found = score_quantiles(values, LEVELS, truth)
    assert found.wis == pytest.approx(found.crps)
    levels = np.array(LEVELS)
    below = truth[:, None] - values
    by_hand = 2 * np.mean(np.where(below >= 0, levels * below, (levels - 1) * below), axis=1)
    assert found.wis == pytest.approx(by_hand)


def test_an_interval_holds_its_ends() -> None:
    levels = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
    found = score_quantiles(np.tile([1.0, 2, 3, 4, 5, 6, 7], (3, 1)), levels, np.array([3.0, 6.5, 8.0]), 2.0)
    assert {k: v.tolist() for k, v in found.covered.items()} == {50: [1, 0, 0], 80: [1, 0, 0], 95: [1, 1, 0]}
    assert found.scaled_error.tolist() == [0.5, 1.25, 2.0]


def test_what_has_no_levels_has_no_score() -> None:
    found = score_quantiles(np.array([[1.0, 2.0]]), (0.1, 0.4), np.array([1.5]))
    assert np.isnan(found.wis).all()
    assert all(np.isnan(column).all() for column in found.covered.values())


def test_the_scale_of_mase_is_the_seasonal_naive_error() -> None:
    assert mase_scale(np.array([1.0, 2, 3, 4, 2, 4, 6, NAN]), 4) == 2.0
    assert mase_scale(np.array([1.0, 3.0]), 4) == 2.0
    assert np.isnan(mase_scale(np.array([5.0, 5.0, 5.0]), 1))
    assert np.isnan(mase_scale(np.array([5.0]), 1))
