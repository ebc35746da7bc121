"""Forecasts of short series, and how they did; may import `ingest`, `warehouse` and below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from fleetstats.forecast.engine.forecast import MODELS, forecast_one
from fleetstats.forecast.engine.result import LEVELS, Forecast, Forecasts, LeftOut
from fleetstats.forecast.engine.sampling import SEED
from fleetstats.forecast.engine.series import Series
from fleetstats.forecast.engine.workers import each
from fleetstats.forecast.evaluation.backtest import backtest

__all__ = [
    "LEVELS",
    "MODELS",
    "SEED",
    "Forecast",
    "Forecasts",
    "LeftOut",
    "Series",
    "backtest",
    "chosen_models",
    "forecast",
]


def forecast(
    series: Sequence[Series],
    horizon: int,
    *,
    models: Sequence[str] | None = None,
    seed: int = SEED,
    calibrate: bool = True,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> Forecasts:
    """Forecasts `horizon` periods after each series' last observed period, by every model or those named.

    The result is in the order of series, then models; what was left out, and why, is its `left_out`.
    `calibrate`: widths and weights from rolling origins; without it, equal weights and a first guess.
    `progress`: is told how many series are done, of how many.
    `workers`: processes; None is one per core, or this one alone for a few series. The result is the same.
    A caller with several processes has to be importable (`if __name__ == "__main__"`).
    """
    names = chosen_models(models)
    if horizon < 1:
        raise ValueError(f"a horizon is at least 1, not {horizon}")
    work = partial(_one, horizon=horizon, models=names, seed=seed, calibrate=calibrate)
    made, left_out = [], []
    for done, (forecasts, without) in enumerate(each(work, series, workers), start=1):
        made += forecasts
        left_out += without
        if progress is not None:
            progress(done, len(series))
    return Forecasts(made, left_out)


def chosen_models(models: Sequence[str] | None) -> tuple[str, ...]:
    """The models named, in the order in which they are published. Raises `ValueError` for an unknown one."""
    if models is None:
        return MODELS
    unknown = [name for name in models if name not in MODELS]
    if unknown or not models:
        raise ValueError(
            f"unknown model {', '.join(unknown) or '(none named)'}; there are {', '.join(MODELS)}"
        )
    return tuple(name for name in MODELS if name in models)


def _one(
    series: Series, *, horizon: int, models: tuple[str, ...], seed: int, calibrate: bool
) -> tuple[list[Forecast], list[LeftOut]]:
    return forecast_one(series, horizon, models, seed, calibrate=calibrate)
