"""What every model said at every origin of one series, and how far off it was: one pass serves all.

The forecast from the last origin, the calibration and the weights of each earlier origin, and a backtest are
all read from it; each reads only errors whose target lay at or before its own origin.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleetstats.forecast.engine.history import Array, CannotForecast, History, history_of
from fleetstats.forecast.engine.models import Model
from fleetstats.forecast.engine.series import Series

Mask = NDArray[np.bool_]

LEAST_HISTORY = 3
"""Periods that a rolling origin needs before it; a forecast from the last origin needs one."""


@dataclass(frozen=True, eq=False)
class ModelTrace:
    """One model at all origins.

    `points`: shape (origins, h), on the scale of each origin; NaN where the model was left out.
    `errors`: truth minus point, same shape and scale; NaN where the truth is unknown, or known only as a
    lower bound that the point lies above.
    `parameters`, `reasons`: one for each origin; a reason is there where the model was left out.
    """

    points: Array
    errors: Array
    parameters: list[dict[str, Any]]
    reasons: list[str | None]


@dataclass(frozen=True, eq=False)
class Trace:
    """All models at all origins of one series (without missing periods at its ends).

    `origins`: shape (origins,), positions of the last observed period of each; rising, the last one is the
    end of the series. `truths`: shape (origins, h), on the scale of each origin; NaN where unknown.
    `bounds`: same shape, bool: the truth is known only as a lower bound.
    """

    series: Series
    origins: NDArray[np.intp]
    histories: list[History]
    horizon: int
    truths: Array
    bounds: Mask
    models: dict[str, ModelTrace]

    def known(self, index: int) -> Mask:
        """Which errors were known at origin number `index`: bool, shape (index, h)."""
        targets = self.origins[:index, None] + 1 + np.arange(self.horizon)[None, :]
        return np.asarray(targets <= self.origins[index])

    def errors_known(self, model: str, index: int) -> Array:
        """The errors of a model that were known at origin number `index`: shape (index, h), NaN elsewhere."""
        return np.where(self.known(index), self.models[model].errors[:index], np.nan)


def trace(series: Series, horizon: int, models: Mapping[str, Model], *, rolling: int) -> Trace:
    """Runs every model at the last origin and at up to `rolling` origins before it."""
    values = series.values
    observed = np.flatnonzero(~np.isnan(values))
    last = int(observed[-1])
    earlier = observed[(observed >= LEAST_HISTORY - 1) & (observed < last)]
    origins = np.append(earlier[max(0, earlier.size - rolling) :] if rolling > 0 else earlier[:0], last)
    periods = series.periods
    histories = [history_of(series.truncated(periods[o])) for o in origins]
    truths = np.full((origins.size, horizon), np.nan)
    bounds = np.zeros((origins.size, horizon), dtype=np.bool_)
    for row, (origin, history) in enumerate(zip(origins, histories, strict=True)):
        following = values[origin + 1 : origin + 1 + horizon]
        with np.errstate(all="ignore"):
            truths[row, : following.size] = history.scale.forward(following)
        bounds[row, : following.size] = series.at_least[origin + 1 : origin + 1 + horizon]
    found = {name: _run(model, histories, horizon, truths, bounds) for name, model in models.items()}
    return Trace(series, origins, histories, horizon, truths, bounds, found)


def _run(model: Model, histories: Sequence[History], horizon: int, truths: Array, bounds: Mask) -> ModelTrace:
    points = np.full(truths.shape, np.nan)
    parameters: list[dict[str, Any]] = []
    reasons: list[str | None] = []
    for row, history in enumerate(histories):
        path, chosen, reason = _attempt(model, history, horizon)
        if path is not None:
            points[row] = np.minimum(history.scale.forward(path), history.ceiling(horizon))
        parameters.append(chosen)
        reasons.append(reason)
    return ModelTrace(points, errors_of(points, truths, bounds), parameters, reasons)


def errors_of(points: Array, truths: Array, bounds: Mask) -> Array:
    """Truth minus point; against a lower bound only what is missing from it is an error. Any one shape."""
    errors = truths - points
    return np.where(bounds & (errors < 0), np.nan, errors)


def _attempt(model: Model, history: History, horizon: int) -> tuple[Array | None, dict[str, Any], str | None]:
    """A model's central path, or the reason why it has none. A fault of a library is such a reason."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            path, parameters = model(history, horizon)
    except CannotForecast as error:
        return None, {}, str(error)
    except (ArithmeticError, ValueError, IndexError, np.linalg.LinAlgError) as error:
        return None, {}, f"the fit failed: {error}"
    if path.shape != (horizon,) or not np.isfinite(path).all():
        return None, {}, "the fit gave values that are not finite"
    return path, parameters, None
