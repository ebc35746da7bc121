"""The models by name, baselines first; spread and paths are made elsewhere."""
# A model is a function of a history and a horizon h that returns its central path, shape (h,), in the unit of
# the series, and its parameters. It raises `CannotForecast` with a reason where it cannot.

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fleetstats.forecast.engine.history import Array, History
from fleetstats.forecast.engine.models import baselines, growth, statistical

Model = Callable[[History, int], tuple[Array, dict[str, Any]]]

BASELINES: dict[str, Model] = {
    "last_value": baselines.last_value,
    "seasonal_naive": baselines.seasonal_naive,
    "drift": baselines.drift,
    "pace_ratio": baselines.pace_ratio,
    "pace_linear": baselines.pace_linear,
}

SINGLE: dict[str, Model] = {
    **BASELINES,
    "exponential_smoothing": statistical.exponential_smoothing,
    "arima": statistical.arima,
    "theta": statistical.theta,
    "logistic": growth.logistic,
    "gompertz": growth.gompertz,
    "level_shift": growth.level_shift,
}
"""All single models in the order in which they are published."""
