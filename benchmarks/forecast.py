"""How long forecasts take and how good they are, on made-up series. Prints figures, asserts nothing."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

import numpy as np

from fleetstats.forecast import MODELS, Series, backtest, forecast
from fleetstats.forecast.engine.series import PERIODS_A_YEAR
from fleetstats.forecast.evaluation.scores import mase_scale, score_paths

HORIZON = 4


def speed(count: int, length: int, workers: int) -> None:
    """Fit and forecast; then with rolling origins and calibration."""
    from panels import made_panel

    panel = made_panel(count, seed=7, length=(length, length + 1))
    for name, calibrate in (("fit and forecast", False), ("with rolling origins and calibration", True)):
        began, cpu = time.perf_counter(), _cpu()
        made = forecast(panel, HORIZON, calibrate=calibrate, workers=workers)
        wall = time.perf_counter() - began
        print(
            f"{count} series of {length}, all models, {name}: {wall:.1f} s, {_cpu() - cpu:.1f} s of CPU "
            f"({len(made)} forecasts, {workers} processes)"
        )
    print(f"load {os.getloadavg()[0]:.1f}")


def quality(panel: list[Series], workers: int) -> None:
    """The rolling-origin table: every series counts once; relative figures are to seasonal_naive."""
    scores: dict[str, dict[str, list[tuple[float, ...]]]] = defaultdict(lambda: defaultdict(list))
    by_id = {one.series_id: one for one in panel}
    for made in backtest(panel, HORIZON, min_origin=8, workers=workers):
        for one in made:
            series = by_id[one.series_id]
            at = series.periods.index(one.origin)
            truth = series.values[at + 1 : at + 1 + HORIZON]
            k = np.flatnonzero(~np.isnan(truth))
            scale = mase_scale(series.values[: at + 1], PERIODS_A_YEAR[series.frequency])
            if k.size == 0 or not scale > 0:
                continue
            found = score_paths(one.paths[:, k], truth[k], scale)
            columns = (found.crps / scale, found.scaled_error, *found.covered.values())
            scores[one.model][one.series_id] += [tuple(map(float, row)) for row in zip(*columns, strict=True)]
    print(f"{'model':22} relative CRPS  geometric   MASE  cover 50 %   80 %   95 %  series")
    reference = {name: np.mean(rows, axis=0) for name, rows in scores["seasonal_naive"].items()}
    for model in MODELS:
        own = {name: np.mean(rows, axis=0) for name, rows in scores[model].items()}
        both = [name for name in own if reference[name][0] > 0 and own[name][0] > 0]
        if not both:
            continue
        crps = np.array([own[name][0] for name in both])
        beside = np.array([reference[name][0] for name in both])
        targets = np.concatenate([np.array(rows) for rows in scores[model].values()])
        print(
            f"{model:22} {crps.mean() / beside.mean():13.3f} {np.exp(np.mean(np.log(crps / beside))):10.3f} "
            f"{np.mean([v[1] for v in own.values()]):6.2f} "
            + " ".join(f"{share:10.3f}" for share in targets[:, 2:].mean(axis=0))
            + f" {len(own):7}"
        )


def tidy_file(count: int, length: int) -> None:
    """The command on a tidy file of made-up series."""
    from panels import made_panel

    from fleetstats.forecast.files.forecast import forecast_file

    panel = made_panel(count, seed=11, length=(length, length + 1))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "series.csv"
        with source.open("w", encoding="utf-8") as file:
            file.write("series_id,period,value\n")
            for one in panel:
                file.writelines(
                    f"{one.series_id},{period},{'' if np.isnan(value) else repr(float(value))}\n"
                    for period, value in zip(one.periods, one.values, strict=True)
                )
        began, cpu = time.perf_counter(), _cpu()
        done = forecast_file(source, Path(folder) / "out.parquet", frequency="Q", horizon=HORIZON)
        wall = time.perf_counter() - began
    largest = max(
        resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(
        f"a file of {count} series of {length}: {wall:.1f} s, {_cpu() - cpu:.1f} s of CPU, "
        f"{done.rows:,} rows, largest process {largest / 1024:.0f} MB"
    )


def _cpu() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main() -> None:
    """Runs what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("speed", "quality", "file"), nargs="+")
    parser.add_argument("--series", type=int, default=200)
    parser.add_argument("--length", type=int, default=20)
    parser.add_argument("--frequency", choices=("M", "Q", "Y"), default="Q", help="of the panel for quality")
    parser.add_argument(
        "--seed", type=int, default=2, help="of the panel; the constants were tuned on seed 1"
    )
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    if "speed" in asked.what:
        speed(asked.series, asked.length, asked.workers)
    if "quality" in asked.what:
        from panels import made_panel

        quality(made_panel(asked.series, asked.seed, frequency=asked.frequency), asked.workers)
    if "file" in asked.what:
        tidy_file(asked.series, asked.length)


if __name__ == "__main__":
    main()
