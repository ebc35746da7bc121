"""What a model is given at one origin: a regular history, with what had to be imputed for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fleetstats.forecast.engine.scale import Scale
from fleetstats.forecast.engine.seasonality import seasonal_pattern
from fleetstats.forecast.engine.series import PERIODS_A_YEAR, Series

Array = NDArray[np.float64]


class CannotForecast(Exception):
    """A model that does not fit this history; the text says why, to be recorded."""


@dataclass(frozen=True, eq=False)
class History:
    """The increments up to one origin, without gaps.

    `increments`: shape (n,), in the unit of the series. `imputed`: shape (n,), bool.
    `initial`: the cumulative total before the first of them. `season`: periods a year.
    """

    increments: Array
    imputed: NDArray[np.bool_]
    initial: float
    season: int

    @property
    def size(self) -> int:
        """Number of periods n."""
        return int(self.increments.size)

    @cached_property
    def scale(self) -> Scale:
        """The scale of this history; nothing after the origin is in it."""
        return Scale.of(self.increments)

    @cached_property
    def z(self) -> Array:
        """The increments on the scale: shape (n,)."""
        return self.scale.forward(self.increments)

    @cached_property
    def pattern(self) -> Array:
        """What each season adds on the scale, shape (season,), beginning with that of the first period."""
        return seasonal_pattern(self.z, self.season)

    @cached_property
    def adjusted(self) -> Array:
        """The increments on the scale without the seasonal pattern: shape (n,)."""
        return np.asarray(self.z - np.resize(self.pattern, self.size))

    def restore(self, path: Array) -> Array:
        """A path of the coming periods, shape (h,), from the adjusted scale to the unit of the series."""
        coming = (self.size + np.arange(path.size)) % self.season
        return self.scale.backward(path + self.pattern[coming])

    def ceiling(self, horizon: int) -> Array:
        """What no path passes at each lead h, shape (horizon,), on the scale: 3 (h + 1) times the largest value.

        A bound far beyond what is likely, but for a series that doubles every few periods. Without it the tail of
        an unsteady series, exponential on its own scale, would rule its mean.
        """
        if self.scale.linear:
            return np.full(horizon, np.inf)
        multiples = 3.0 * (np.arange(1, horizon + 1) + 1)
        highest = np.asarray(multiples * max(float(self.increments.max()), self.scale.unit))
        return self.scale.forward(highest)

    @cached_property
    def cumulative(self) -> Array:
        """Totals before the first period and after each: shape (n + 1,)."""
        return np.asarray(np.concatenate([[self.initial], self.initial + np.cumsum(self.increments)]))


def history_of(series: Series) -> History:
    """The regular history of an observed series (no missing period at its ends).

    A missing period is imputed on the straight line, on the scale, between its observed neighbours: both lie
    at or before the origin, so that nothing later is read. A lower bound stands for itself.
    """
    values = series.values
    missing = np.isnan(values)
    if missing.any():
        known = np.flatnonzero(~missing)
        scale = Scale.of(values[known])
        values = values.copy()
        # Only what is missing is replaced: what was observed does not go through the scale
        line = np.interp(np.flatnonzero(missing), known, scale.forward(values[known]))
        values[missing] = scale.backward(line)
    return History(values, missing, series.initial, PERIODS_A_YEAR[series.frequency])
