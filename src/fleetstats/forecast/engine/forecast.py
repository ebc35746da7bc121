"""Forecasts of one series: all models, the combination, calibrated spread, sample paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fleetstats.forecast.engine import combination
from fleetstats.forecast.engine.calibration import Spread, reference, spread
from fleetstats.forecast.engine.history import Array, History
from fleetstats.forecast.engine.models import BASELINES, SINGLE
from fleetstats.forecast.engine.result import Forecast, LeftOut
from fleetstats.forecast.engine.rolling import ModelTrace, Trace, errors_of, trace
from fleetstats.forecast.engine.sampling import PATHS, ranks, sample
from fleetstats.forecast.engine.series import Series

COMBINATION = "combination"
MODELS: tuple[str, ...] = (*SINGLE, COMBINATION)
"""All models in the order in which they are published: baselines first, the combination last."""

ROLLING = 16
"""Rolling origins that calibrate a forecast, at most; the latest ones."""


def forecast_one(
    series: Series, horizon: int, models: Sequence[str], seed: int, *, calibrate: bool, paths: int = PATHS
) -> tuple[list[Forecast], list[LeftOut]]:
    """The forecasts of one series from its last observed period."""
    known = series.observed()
    if known is None:
        reason = "no period of the series was observed"
        return [], [LeftOut(series.series_id, model, reason) for model in models]
    traced = trace_series(known, horizon, models, rolling=ROLLING if calibrate else 0)
    return from_origin(traced, len(traced.origins) - 1, models, seed, paths=paths)


def trace_series(series: Series, horizon: int, models: Sequence[str], *, rolling: int) -> Trace:
    """Runs the models that were asked for, or that the combination needs, at all origins."""
    wanted = [name for name in SINGLE if name in models or COMBINATION in models]
    traced = trace(series, horizon, {name: SINGLE[name] for name in wanted}, rolling=rolling)
    if COMBINATION in models:
        traced.models[COMBINATION] = _combined(traced)
    return traced


def from_origin(
    traced: Trace, index: int, models: Sequence[str], seed: int, *, paths: int = PATHS
) -> tuple[list[Forecast], list[LeftOut]]:
    """The forecasts at one origin of a trace; nothing after that origin is used."""
    series, history, horizon = traced.series, traced.histories[index], traced.horizon
    periods = series.periods
    origin = periods[int(traced.origins[index])]
    until = series.truncated(origin)
    gaps = tuple(period for period, missing in zip(periods, history.imputed, strict=False) if missing)
    bounds = [p for p, at_least in zip(periods, until.at_least, strict=False) if at_least]
    order = ranks(series.series_id, seed, horizon, paths)
    made, left_out = [], []
    for name in models:
        model = traced.models[name]
        reason = model.reasons[index]
        if reason is not None:
            left_out.append(LeftOut(series.series_id, name, reason))
            continue
        width = spread(traced.errors_known(name, index), _first_guess(name, history), horizon)
        made.append(
            Forecast(
                series_id=series.series_id,
                model=name,
                origin=origin,
                target_periods=until.next_periods(horizon),
                paths=sample(model.points[index], width, history, order),
                initial_total=float(history.cumulative[-1]),
                parameters=_described(model.parameters[index], width, bounds),
                imputed=gaps,
                seed=seed,
            )
        )
    return made, left_out


def _first_guess(model: str, history: History) -> float:
    """How far off the model is likely to be one period ahead, while none of its errors is known.

    The models beside the baselines take the seasonal pattern out, and are not off by it.
    """
    return reference(history.z if model in BASELINES else history.adjusted)


def _described(chosen: dict[str, Any], width: Spread, bounds: list[str]) -> dict[str, Any]:
    said = {**chosen, "calibration": {"errors": width.errors, "freedom": width.freedom}}
    said["calibration"]["spread"] = [float(value) for value in width.scale]
    if bounds:
        said["lower_bounds_taken_as_values"] = bounds
    return said


def _combined(traced: Trace) -> ModelTrace:
    """The combination at every origin, with weights from what was known there."""
    names = [name for name in SINGLE if name in traced.models]
    points = np.full(traced.truths.shape, np.nan)
    parameters: list[dict[str, Any]] = []
    reasons: list[str | None] = []
    for index, history in enumerate(traced.histories):
        there = [name for name in names if traced.models[name].reasons[index] is None]
        if not there:
            parameters.append({})
            reasons.append("no model that could be combined has a forecast")
            continue
        errors = {name: traced.errors_known(name, index) for name in there}
        weight = combination.weights(errors, _first_guess(COMBINATION, history))
        central: dict[str, Array] = {name: traced.models[name].points[index] for name in there}
        points[index] = combination.combine(central, weight)
        parameters.append({"weights": weight})
        reasons.append(None)
    return ModelTrace(points, errors_of(points, traced.truths, traced.bounds), parameters, reasons)
