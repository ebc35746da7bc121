"""What a forecast is: sample paths of increments, and everything that is read off them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVELS = (0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975)
"""Quantile levels that are published; those of the central 50, 80, 90 and 95 % intervals are among them."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """One model's predictive distribution of one series, as sample paths.

    `origin`: the last observed period. `target_periods`: the h periods after it.
    `paths`: shape (n_paths, h), increments per target period, in the unit of the series.
    `initial_total`: the cumulative total at the end of the origin; missing periods count as imputed.
    `parameters`: what the model chose and how it was calibrated; can be written as JSON.
    `imputed`: missing periods that this model was given an imputed value for.
    """

    series_id: str
    model: str
    origin: str
    target_periods: tuple[str, ...]
    paths: NDArray[np.float64]
    initial_total: float
    parameters: dict[str, Any]
    imputed: tuple[str, ...]
    seed: int

    def quantiles(self, levels: Sequence[float] = LEVELS) -> NDArray[np.float64]:
        """Increments at these levels: shape (levels, h)."""
        return _quantiles(self.paths, levels)

    def cumulative_paths(self) -> NDArray[np.float64]:
        """Cumulative totals along each path: shape (n_paths, h)."""
        return self.initial_total + np.cumsum(self.paths, axis=1)

    def cumulative(self, levels: Sequence[float] = LEVELS) -> NDArray[np.float64]:
        """Cumulative totals at these levels: shape (levels, h).

        Read off the cumulative paths, never added up from quantiles. Where increments are not negative no
        path falls, and so no quantile does.
        """
        return _quantiles(self.cumulative_paths(), levels)

    def mean(self) -> NDArray[np.float64]:
        """Expected increments: shape (h,)."""
        return np.asarray(self.paths.mean(axis=0))

    def probability_of_passing(self, threshold: float) -> NDArray[np.float64]:
        """How probable it is that the cumulative total has passed `threshold` by each target period: (h,).

        Passed once is passed, even where increments may be negative.
        """
        return np.asarray(self._has_passed(threshold).mean(axis=0))

    def passing_date(self, threshold: float, levels: Sequence[float] = LEVELS) -> tuple[str | None, ...]:
        """The target period by which `threshold` is passed with each of these probabilities.

        None where that is later than the last target period. A total that lay beyond the threshold before
        gives the first target period: ask `initial_total` first.
        """
        shares = self.probability_of_passing(threshold)
        found: list[str | None] = []
        for level in levels:
            reached = np.flatnonzero(shares >= level - 1e-12)
            found.append(self.target_periods[int(reached[0])] if reached.size else None)
        return tuple(found)

    def _has_passed(self, threshold: float) -> NDArray[np.bool_]:
        return np.asarray(np.logical_or.accumulate(self.cumulative_paths() > threshold, axis=1))


@dataclass(frozen=True)
class LeftOut:
    """A model that gave no forecast of a series, and why."""

    series_id: str
    model: str
    reason: str


class Forecasts(list[Forecast]):
    """Forecasts in the order of series and models, with what was left out."""

    left_out: tuple[LeftOut, ...]

    def __init__(self, forecasts: Iterable[Forecast] = (), left_out: Iterable[LeftOut] = ()) -> None:
        super().__init__(forecasts)
        self.left_out = tuple(left_out)


def _quantiles(paths: NDArray[np.float64], levels: Sequence[float]) -> NDArray[np.float64]:
    found = np.quantile(paths, np.asarray(levels, dtype=np.float64), axis=0)
    # Interpolation rounds: equal paths, or paths that only rise, must not seem to fall by one last digit
    return np.asarray(np.maximum.accumulate(found, axis=0) if _rising(levels) else found)


def _rising(levels: Sequence[float]) -> bool:
    return all(a <= b for a, b in pairwise(levels))
