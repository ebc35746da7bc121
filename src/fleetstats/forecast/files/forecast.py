"""What `fleetstats forecast --input` does: a tidy file in, a long file of quantiles out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fleetstats.core.errors import BadInput
from fleetstats.forecast import LeftOut, chosen_models
from fleetstats.forecast.engine.forecast import forecast_one
from fleetstats.forecast.engine.sampling import SEED
from fleetstats.forecast.engine.series import Frequency, Series
from fleetstats.forecast.engine.workers import each
from fleetstats.forecast.files.quantiles import Quantiles, writing
from fleetstats.forecast.files.tidy import BadSeries, read_tidy

_BATCH = 64


@dataclass(frozen=True)
class FileForecast:
    """What was done: counts, where it is, and what was left out and why."""

    output: Path
    series: int
    rows: int
    bad: list[BadSeries]
    missing: dict[str, tuple[str, ...]]
    left_out: list[LeftOut]


def forecast_file(
    path: Path,
    output: Path,
    *,
    frequency: Frequency,
    horizon: int,
    models: Sequence[str] | None = None,
    seed: int = SEED,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> FileForecast:
    """Forecasts every good series of a tidy file and writes quantiles of increments, series by series.

    Raises `BadInput` where the file as a whole cannot be used, or no series of it. What was at `output` is
    replaced once the new file is complete, and only then.
    """
    names = chosen_models(models)
    if output.resolve() == path.resolve():
        raise BadInput("the output would replace the input", file=output, todo="give another --output")
    tidy = read_tidy(path, frequency, horizon=horizon)
    if not tidy.series:
        first = "\n".join(bad.message(path) for bad in tidy.bad[:5])
        raise BadInput(f"no series of {path} can be forecast ({len(tidy.bad)} bad)\n{first}")
    work = partial(_one, horizon=horizon, models=names, seed=seed)
    left_out: list[LeftOut] = []
    rows = 0
    with writing(output) as file:
        waiting: list[Quantiles] = []
        for done, (made, without) in enumerate(each(work, tidy.series, workers), start=1):
            waiting += made
            left_out += without
            rows += sum(one.values.size for one in made)
            if done % _BATCH == 0 or done == len(tidy.series):
                file.write(waiting)
                waiting = []
            if progress is not None:
                progress(done, len(tidy.series))
    return FileForecast(output, len(tidy.series), rows, tidy.bad, tidy.missing, left_out)


def _one(
    series: Series, *, horizon: int, models: tuple[str, ...], seed: int
) -> tuple[list[Quantiles], list[LeftOut]]:
    """In the worker: paths stay here, only quantiles travel."""
    made, left_out = forecast_one(series, horizon, models, seed, calibrate=True)
    return [Quantiles.of(one) for one in made], left_out
