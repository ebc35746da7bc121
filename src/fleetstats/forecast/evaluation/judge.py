"""Scores of forecasts whose period has become known: rows of `forecast_score` and `backtest_score`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fleetstats.forecast.engine.series import PERIODS_A_YEAR, period_number, period_text
from fleetstats.forecast.evaluation.scores import mase_scale, score_quantiles
from fleetstats.forecast.ledger.series import PublishedSeries, Truths

TRUTH_BASES = ("first_published", "known_today")
_OF_FORECAST = (
    "publication_id series operator scope measure unit frequency origin model horizon target_period target_end quantity"
).split()


@dataclass(frozen=True)
class Said:
    """What was forecast of one target period: a mean, and a value for each level, rising."""

    mean: float
    levels: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, level: float) -> float:
        """The quantile at one of the levels."""
        return self.values[self.levels.index(level)]


def truths(history: PublishedSeries) -> dict[str, Truths]:
    """The truth as first published and as known today."""
    return {"first_published": history.first_published(), "known_today": history.known()}


def truth_of(
    known: Truths, origin: str, target: str, quantity: str, total: float | None = None
) -> dict[str, Any] | None:
    """The truth of one target, with its bound and day of issue; None where it is not known yet.

    A cumulative truth needs every period from the origin on. `total` is the total at the origin that the
    forecast started from; without it, the total known in `known`.
    """
    figure = known.figures.get(target)
    if figure is None:
        return None
    bound, issued_on, value = figure.bound, figure.issued_on, figure.value
    if quantity == "cumulative":
        if not known.complete(origin, target):
            return None
        grown = known.total(target) - known.total(origin)
        value = (known.total(origin) if total is None else total) + grown
        bound = "at_least" if known.at_least(origin, target) else "derived"
        first, last = period_number(origin, known.frequency), period_number(target, known.frequency)
        periods = (period_text(n, known.frequency) for n in range(first + 1, last + 1))
        issued_on = max(known.figures[p].issued_on for p in periods)
    return {"truth_value": value, "truth_bound": bound, "truth_issued_on": issued_on}


def usual_change(known: Truths, origin: str) -> float | None:
    """The scale of `mase_scale` on what was known up to the origin, in the unit of the series; None without one."""
    last = period_number(origin, known.frequency)
    by_number = {period_number(f.period, known.frequency): f.value for f in known.figures.values()}
    first = min((number for number in by_number if number <= last), default=last)
    values = np.array([by_number.get(number, np.nan) for number in range(first, last + 1)])
    scale = mase_scale(values, PERIODS_A_YEAR[known.frequency])
    return None if np.isnan(scale) else scale


def scores(said: Said, truth: float, scale: float | None) -> dict[str, Any]:
    """Error, scaled error, CRPS from the quantiles, and whether the intervals hold the truth.

    In the unit of the series; what is scaled is None where `scale` is. The formulas are `score_quantiles`'.
    """
    found = score_quantiles(
        np.array([said.values]), said.levels, np.array([truth]), np.nan if scale is None else scale
    )
    crps = float(found.crps[0])
    return {
        "forecast_mean": said.mean,
        "median": said.at(0.5),
        "absolute_error": float(found.absolute_error[0]),
        "scaled_error": None if scale is None else float(found.scaled_error[0]),
        "crps": crps,
        "scaled_crps": None if scale is None else crps / scale,
        **{f"inside_{per_cent}": bool(covered[0]) for per_cent, covered in found.covered.items()},
    }


def judge(
    forecasts: Iterable[dict[str, Any]],
    history: dict[str, PublishedSeries],
    scored: dict[tuple[Any, ...], float],
) -> Iterator[dict[str, Any]]:
    """Scores of the ledger's forecasts whose truth is known and was not scored before with that value.

    `forecasts`: rows of `forecast`. `scored`: the last truth by (run, series, model, target, quantity, basis).
    """
    known = {name: truths(one) for name, one in history.items()}
    scales: dict[tuple[str, str], float | None] = {}
    for (run_id, series, model, target, quantity), rows in _targets(forecasts, known).items():
        one = next(iter(rows.values()))
        origin = period_text(period_number(target, one["frequency"]) - int(one["horizon"]), one["frequency"])
        said = _said(rows)
        if said is None:
            continue
        for basis in TRUTH_BASES:
            truth = truth_of(known[series][basis], origin, target, quantity)
            key = (run_id, series, model, target, quantity, basis)
            if truth is None or scored.get(key) == truth["truth_value"]:
                continue
            if (series, origin) not in scales:
                scales[series, origin] = usual_change(known[series]["known_today"], origin)
            yield {
                **{name: one[name] for name in _OF_FORECAST},
                "forecast_run_id": run_id,
                "truth_basis": basis,
                **truth,
                **scores(said, truth["truth_value"], scales[series, origin]),
            }


def _targets(
    forecasts: Iterable[dict[str, Any]], known: dict[str, dict[str, Truths]]
) -> dict[tuple[str, str, str, str, str], dict[float | None, dict[str, Any]]]:
    found: dict[tuple[str, str, str, str, str], dict[float | None, dict[str, Any]]] = {}
    for row in forecasts:
        of_series = known.get(row["series"])
        if row["output_type"] == "probability" or of_series is None:
            continue
        if row["target_period"] in of_series["known_today"].figures:
            key = (row["run_id"], row["series"], row["model"], row["target_period"], row["quantity"])
            found.setdefault(key, {})[row["level"]] = row
    return found


def _said(rows: dict[float | None, dict[str, Any]]) -> Said | None:
    levels = sorted(level for level in rows if level is not None)
    if None not in rows or 0.5 not in levels:
        return None
    return Said(
        float(rows[None]["forecast_value"]),
        tuple(levels),
        tuple(float(rows[level]["forecast_value"]) for level in levels),
    )
