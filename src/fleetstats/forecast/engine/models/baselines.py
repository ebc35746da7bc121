"""The baselines: what anybody would say without a model, the report's two rules of pace among them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fleetstats.forecast.engine.history import Array, CannotForecast, History


def last_value(history: History, horizon: int) -> tuple[Array, dict[str, Any]]:
    """Every coming period is as the last one was."""
    return np.full(horizon, history.increments[-1]), {}


def seasonal_naive(history: History, horizon: int) -> tuple[Array, dict[str, Any]]:
    """Every coming period is as the same period a year before was.

    A history of less than a year knows no season: it repeats its last value, and says so.
    """
    if history.size < history.season:
        return np.full(horizon, history.increments[-1]), {"season": 1}
    year = history.increments[-history.season :]
    return np.resize(year, horizon), {"season": history.season}


def drift(history: History, horizon: int) -> tuple[Array, dict[str, Any]]:
    """The straight line through the first and the last value goes on (Hyndman and Athanasopoulos, 5.2)."""
    if history.size < 2:
        raise CannotForecast("drift needs two values")
    slope = (history.increments[-1] - history.increments[0]) / (history.size - 1)
    line = history.increments[-1] + slope * np.arange(1, horizon + 1)
    return _not_below(line, history), {"slope": float(slope)}


def pace_ratio(history: History, horizon: int) -> tuple[Array, dict[str, Any]]:
    """The last twelve months' growth of the cumulative total happens again, evenly in proportion.

    With C the total and m periods a year, C(t + k) = C(t) (C(t) / C(t - m)) ** (k / m).
    """
    before, now = _a_year_before(history), float(history.cumulative[-1])
    if before <= 0 or now < before:
        raise CannotForecast("pace_ratio needs a total above zero a year before, and one that has not fallen")
    ratio = now / before
    with np.errstate(over="ignore"):
        totals = now * ratio ** (np.arange(horizon + 1) / history.season)
    if not np.isfinite(totals).all() or totals[-1] > 1e3 * now:
        raise CannotForecast(f"pace_ratio would make the total a thousand times as large (ratio {ratio:.4g})")
    return np.diff(totals), {"ratio": ratio}


def pace_linear(history: History, horizon: int) -> tuple[Array, dict[str, Any]]:
    """The last twelve months' increment of the cumulative total happens again, in equal parts."""
    increment = float(history.cumulative[-1]) - _a_year_before(history)
    return np.full(horizon, increment / history.season), {"increment": increment}


def _a_year_before(history: History) -> float:
    if history.size < history.season:
        raise CannotForecast("the pace of the last twelve months needs twelve months of history")
    return float(history.cumulative[-1 - history.season])


def _not_below(line: Array, history: History) -> Array:
    """A line that leaves the range of a series that never was negative stops at zero."""
    return line if history.scale.linear else np.maximum(line, 0.0)
