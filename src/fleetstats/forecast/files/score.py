"""What `fleetstats score` does: forecasts and truth as files in, one row of scores per model out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from fleetstats.core.errors import BadInput
from fleetstats.core.formats import plain_cell, safe_cell
from fleetstats.core.parquet import read_parquet
from fleetstats.core.reading import MIB, refuse_unreadable
from fleetstats.forecast.engine.series import FREQUENCIES, PERIODS_A_YEAR, Frequency, period_number
from fleetstats.forecast.evaluation.scores import COVERAGES, Scores, mase_scale, score_quantiles
from fleetstats.forecast.files.quantiles import COLUMNS
from fleetstats.forecast.files.tidy import COLUMNS as TIDY_COLUMNS
from fleetstats.forecast.files.tidy import number_in, read_tidy, tidy_rows

REFERENCE = "seasonal_naive"

Key = tuple[str, str, str]
"""Series, model, target period."""


@dataclass(frozen=True)
class FileScores:
    """`rows`: one per model, by column. `without_truth`: forecasts of periods that the truth does not have."""

    rows: list[dict[str, str | int | float | None]]
    scored: int
    without_truth: int


def score_files(forecasts: Path, truth: Path, history: Path | None = None) -> FileScores:
    """Scores a file of forecasts, per model, against a tidy file of what came true.

    Means are over series first, so that each counts once: of CRPS and weighted interval score in the unit of
    the series; of `relative_crps`, a series' CRPS over that of seasonal_naive at the same targets (geometric
    mean); with a history, of `mase` and `scaled_crps`, in that of its seasonal naive error.
    """
    known = _truth(truth)
    scales = _scales(history) if history is not None else {}
    quantiles = _quantiles(forecasts)
    found = {key: levels for key, levels in quantiles.items() if (key[0], key[2]) in known}
    if not found:
        raise BadInput(
            "no forecast has a truth", file=truth, found=f"{len(quantiles)} forecasts, {len(known)} truths",
            expected="the same series_id and the same periods in both",
            todo="compare the names and periods of both files",
        )  # fmt: skip
    per_key = _scored(found, known, scales)
    reference = {(s, p): crps for (s, m, p), (_, crps, *_) in per_key.items() if m == REFERENCE}
    models = list(dict.fromkeys(model for _, model, _ in found))
    rows = [_row(model, per_key, scales, reference) for model in models]
    return FileScores(rows, len(found), len(quantiles) - len(found))


def _scored(
    found: dict[Key, dict[float, float]], known: dict[tuple[str, str], float], scales: dict[str, float]
) -> dict[Key, tuple[float, ...]]:
    """By key: scaled error, CRPS, WIS, then coverage. Forecasts with the same levels are scored at once."""
    alike: dict[tuple[float, ...], list[Key]] = defaultdict(list)
    for key, by_level in found.items():
        alike[tuple(sorted(by_level))].append(key)
    per_key: dict[Key, tuple[float, ...]] = {}
    for levels, keys in alike.items():
        values = np.array([[found[key][level] for level in levels] for key in keys])
        truths = np.array([known[key[0], key[2]] for key in keys])
        scale = np.array([scales.get(key[0], math.nan) for key in keys])
        scores: Scores = score_quantiles(values, levels, truths, scale)
        columns = (scores.scaled_error, scores.crps, scores.wis, *(scores.covered[c] for c in COVERAGES))
        table = np.stack(columns, axis=1)
        per_key.update(zip(keys, (tuple(map(float, row)) for row in table), strict=True))
    return per_key


def _row(
    model: str,
    per_key: dict[Key, tuple[float, ...]],
    scales: dict[str, float],
    reference: dict[tuple[str, str], float],
) -> dict[str, str | int | float | None]:
    by_series: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for (series, name, period), scores in per_key.items():
        if name == model:
            scale = scales.get(series, math.nan)
            beside = reference.get((series, period), math.nan)
            by_series[series].append((*scores, scores[1] / scale, beside))
    means = np.array([[_mean(column) for column in zip(*rows, strict=True)] for rows in by_series.values()])
    scaled_error, crps, wis, *covered, scaled_crps, beside_crps = means.T
    usable = (crps > 0) & (beside_crps > 0)
    ratio = float(np.exp(np.mean(np.log(crps[usable] / beside_crps[usable])))) if usable.any() else math.nan
    return {
        "model": model,
        "series": len(by_series),
        "targets": sum(len(rows) for rows in by_series.values()),
        "mean_crps": _or_none(_mean(crps)),
        "mean_wis": _or_none(_mean(wis)),
        "relative_crps": _or_none(ratio),
        "mase": _or_none(_mean(scaled_error)),
        "scaled_crps": _or_none(_mean(scaled_crps)),
        **{f"coverage_{c}": _or_none(_mean(column)) for c, column in zip(COVERAGES, covered, strict=True)},
    }


def _mean(values: object) -> float:
    array = np.asarray(values, dtype=np.float64)
    array = array[~np.isnan(array)]
    return float(array.mean()) if array.size else math.nan


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _truth(path: Path) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for line, cells in tidy_rows(path, TIDY_COLUMNS):
        if not cells["value"]:
            continue
        key = (cells["series_id"], cells["period"])
        if key in found:
            raise BadInput(
                f"a truth that is there twice: series {key[0]}", file=path, record=line, found=key[1],
                expected="one row for each series and period", todo="keep the row that is right",
            )  # fmt: skip
        found[key] = _number(cells["value"], path, line, "value")
    return found


def _scales(path: Path) -> dict[str, float]:
    """By series, its seasonal naive error within the history; the frequency is that of its first period."""
    first = next((cells["period"] for _, cells in tidy_rows(path, TIDY_COLUMNS)), "")
    frequency = _frequency(first, path)
    series = read_tidy(path, frequency).series
    return {one.series_id: mase_scale(one.values, PERIODS_A_YEAR[frequency]) for one in series}


def _frequency(period: str, path: Path) -> Frequency:
    for frequency in FREQUENCIES:
        try:
            period_number(period, frequency)
        except ValueError:
            continue
        return frequency
    raise BadInput(
        "a period that cannot be read", file=path, record=2, found=period, expected="2025-11, 2025Q4 or 2025"
    )


def _quantiles(path: Path) -> dict[Key, dict[float, float]]:
    found: dict[Key, dict[float, float]] = defaultdict(dict)
    for line, series, model, period, level, value in _forecast_rows(path):
        key = (series, model, period)
        if level in found[key] or not 0 < level < 1:
            problem = "a quantile that is there twice" if level in found[key] else "a quantile not in (0, 1)"
            raise BadInput(problem, file=path, record=line, found=f"{', '.join(key)}, {level!r}")
        found[key][level] = value
    for key, by_level in found.items():
        values = [value for _, value in sorted(by_level.items())]
        if any(a > b for a, b in pairwise(values)):
            raise BadInput(
                "quantiles that cross", file=path, found=f"{', '.join(key)}: {values}",
                expected="values that do not fall as the quantile rises", todo="correct the forecast",
            )  # fmt: skip
    return dict(found)


def _forecast_rows(path: Path) -> Iterator[tuple[int, str, str, str, float, float]]:
    if path.suffix.lower() == ".parquet":
        yield from _parquet_rows(path)
        return
    for line, cells in tidy_rows(path, COLUMNS):
        series = cells["series_id"]
        # The apostrophe that keeps a spreadsheet from running a name; none is taken off that was not put there
        plain = plain_cell(series) or ""
        name = plain if safe_cell(plain) == series else series
        level = _number(cells["quantile"], path, line, "quantile")
        yield (
            line,
            name,
            cells["model"],
            cells["target_period"],
            level,
            _number(cells["value"], path, line, "value"),
        )


def _parquet_rows(path: Path) -> Iterator[tuple[int, str, str, str, float, float]]:
    import pyarrow as pa

    try:
        refuse_unreadable(path, 4096 * MIB)
        table = read_parquet(path, COLUMNS)
        numbers = [table[name].cast(pa.float64()).to_pylist() for name in COLUMNS[3:]]
        columns = [*(table[name].to_pylist() for name in COLUMNS[:3]), *numbers]
    except (pa.ArrowException, KeyError, OSError) as error:
        raise BadInput(
            "not a Parquet file of forecasts", file=path, found=str(error), expected=",".join(COLUMNS)
        ) from error
    for number, (series, model, period, level, value) in enumerate(zip(*columns, strict=True), start=1):
        for column, found in (("quantile", level), ("value", value)):
            if found is None or not math.isfinite(found):
                raise BadInput(
                    "not a number",
                    file=path,
                    record=number,
                    column=column,
                    found=str(found),
                    expected="a number",
                )
        yield number, str(series), str(model), str(period), level, value


def _number(text: str, path: Path, line: int, column: str) -> float:
    value = number_in(text)
    if value is None:
        raise BadInput("not a number", file=path, record=line, column=column, found=text, expected="a number")
    return value
