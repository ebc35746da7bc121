"""Forecasts as rows of the ledger `forecast`, and which round totals are worth a probability."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fleetstats.core.periods import parse_period
from fleetstats.forecast import LEVELS, Forecast
from fleetstats.forecast.ledger.series import PublishedSeries
from fleetstats.forecast.ledger.versions import code_version

_STEPS = (1, 2.5, 5)
_THRESHOLDS = 3


@dataclass(frozen=True)
class Made:
    """What the rows of one run have in common; their publication's name covers them, and is added last."""

    run_id: str
    made_at: datetime


def thresholds(total: float) -> list[int]:
    """The next three of 1, 2.5, 5, 10, 25, … that a total has not reached."""
    found: list[int] = []
    power = 1
    while len(found) < _THRESHOLDS:
        found += [int(step * power) for step in _STEPS if step * power > max(total, 1) and step * power >= 10]
        power *= 10
    return found[:_THRESHOLDS]


def rows(
    forecast: Forecast, history: PublishedSeries, scope: str, total: float, inputs: str, made: Made
) -> Iterator[dict[str, Any]]:
    """One row for each number of a forecast: quantiles and mean of increments and totals, probabilities.

    `total` is the cumulative total that is known at the origin; missing periods add nothing to it.
    """
    forecast = replace(forecast, initial_total=total)
    common = {
        "run_id": made.run_id,
        "series": history.series,
        "operator": history.operator,
        "scope": scope,
        "measure": history.measure,
        "unit": history.unit,
        "frequency": history.frequency,
        "origin": parse_period(forecast.origin).end,
        "model": forecast.model,
        "imputed": " ".join(forecast.imputed) or None,
        "lower_bounds": _lower_bounds(forecast),
        "inputs_sha256": inputs,
        "code_version": code_version(),
        "parameters_sha256": parameters_sha256(forecast),
        "seed": forecast.seed,
        "made_at": made.made_at,
    }
    quantiles = {"increment": forecast.quantiles(LEVELS), "cumulative": forecast.cumulative(LEVELS)}
    means = {"increment": forecast.mean(), "cumulative": forecast.cumulative_paths().mean(axis=0)}
    passed = {t: forecast.probability_of_passing(t) for t in thresholds(total)}
    for i, period in enumerate(forecast.target_periods):
        target = {**common, "horizon": i + 1, "target_period": period, "target_end": parse_period(period).end}
        for quantity, at in quantiles.items():
            mean = float(means[quantity][i])
            yield {**target, "quantity": quantity, "output_type": "mean", "forecast_value": mean}
            for j, level in enumerate(LEVELS):
                value = float(at[j, i])
                yield {
                    **target, "quantity": quantity, "output_type": "quantile", "level": level, "forecast_value": value,
                }  # fmt: skip
        for threshold, shares in passed.items():
            yield {
                **target, "quantity": "cumulative", "output_type": "probability", "threshold": threshold,
                "forecast_value": float(shares[i]),
            }  # fmt: skip


def parameters_sha256(forecast: Forecast) -> str:
    """A hash over what the model chose and how it was calibrated."""
    text = json.dumps(forecast.parameters, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _lower_bounds(forecast: Forecast) -> str | None:
    periods = forecast.parameters.get("lower_bounds_taken_as_values")
    return f"taken as values: {' '.join(periods)}" if periods else None
