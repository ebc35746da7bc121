"""Rolling origins: what would have been forecast at each, from nothing later, for the scores."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial

from fleetstats.forecast.engine.forecast import MODELS, from_origin, trace_series
from fleetstats.forecast.engine.result import Forecast
from fleetstats.forecast.engine.sampling import SEED
from fleetstats.forecast.engine.series import Series
from fleetstats.forecast.engine.workers import each

ALL_ORIGINS = 1_000_000


def backtest(
    series: Sequence[Series],
    horizon: int,
    *,
    min_origin: int = 8,
    models: Sequence[str] | None = None,
    seed: int = SEED,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
    skip: Collection[str] = (),
) -> Iterator[list[Forecast]]:
    """The forecasts of every origin with at least `min_origin` periods before it and one observed after it.

    Yields one list per series, in their order, each complete: a caller keeps it, and resumes by naming in
    `skip` the series it has. Widths and weights at an origin come from errors known there.

    Values are taken as they are in the series: where earlier vintages were other, give the vintage's series to
    `forecast` instead.
    """
    names = tuple(name for name in MODELS if models is None or name in models)
    todo = [one for one in series if one.series_id not in skip]
    work = partial(_one, horizon=horizon, min_origin=min_origin, models=names, seed=seed)
    for done, made in enumerate(each(work, todo, workers), start=1):
        if progress is not None:
            progress(done, len(todo))
        yield made


def _one(
    series: Series, *, horizon: int, min_origin: int, models: tuple[str, ...], seed: int
) -> list[Forecast]:
    known = series.observed()
    if known is None:
        return []
    traced = trace_series(known, horizon, models, rolling=ALL_ORIGINS)
    made: list[Forecast] = []
    for index, origin in enumerate(traced.origins[:-1]):
        if origin + 1 >= min_origin:
            made += from_origin(traced, index, models, seed)[0]
    return made
