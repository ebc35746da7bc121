"""Published series forecast again from past vintages, as rows of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleetstats.forecast.ledger.series import PublishedSeries


MIN_PERIODS = 8
"""With fewer periods known, a past vintage is not forecast."""


def vintages(history: PublishedSeries) -> list[date]:
    """The days on which a later period of a series was issued, with enough known and something to follow."""
    from fleetstats.forecast.engine.series import period_number

    today = history.known()
    found: list[date] = []
    last = ""
    for day in history.issue_days():
        known = history.known(day)
        origin = max(known.figures)
        later = any(
            period_number(p, history.frequency) > period_number(origin, history.frequency)
            for p in today.figures
        )
        if origin > last and len(known.figures) >= MIN_PERIODS and later:
            found.append(day)
        last = max(last, origin)
    return found


def backtest_rows(
    history: PublishedSeries, days: list[date], run_id: str, scored_at: datetime
) -> Iterator[dict[str, Any]]:
    """Scores of all models on the vintages of these days; nothing issued after a day is used for it."""
    from dataclasses import replace

    from fleetstats.core.periods import parse_period
    from fleetstats.forecast import LEVELS, forecast
    from fleetstats.forecast.engine.sampling import SEED
    from fleetstats.forecast.evaluation.judge import Said, scores, truth_of, usual_change
    from fleetstats.forecast.ledger.series import HORIZON
    from fleetstats.forecast.ledger.versions import scoring_version

    by_origin: dict[str, date] = {}
    known = {}
    series = []
    for day in days:
        truths = history.known(day)
        one = history.as_series(truths)
        if one is not None:
            by_origin[one.end] = day
            known[one.end] = truths
            series.append(one)
    today = history.known()
    for made in forecast(series, HORIZON[history.frequency], seed=SEED):
        truths = known[made.origin]
        said = replace(made, initial_total=truths.total(made.origin))
        scale = usual_change(truths, made.origin)
        at = {"increment": said.quantiles(LEVELS), "cumulative": said.cumulative(LEVELS)}
        means = {"increment": said.mean(), "cumulative": said.cumulative_paths().mean(axis=0)}
        for i, target in enumerate(said.target_periods):
            for quantity, levels in at.items():
                truth = truth_of(today, made.origin, target, quantity, said.initial_total)
                if truth is None:
                    continue
                yield {
                    "run_id": run_id,
                    "series": history.series,
                    "operator": history.operator,
                    "scope": history.scope_of(truths),
                    "measure": history.measure,
                    "unit": history.unit,
                    "frequency": history.frequency,
                    "origin": parse_period(made.origin).end,
                    "as_of": by_origin[made.origin],
                    "model": made.model,
                    "horizon": i + 1,
                    "target_period": target,
                    "target_end": parse_period(target).end,
                    "quantity": quantity,
                    "truth_basis": "known_today",
                    **truth,
                    **scores(
                        Said(float(means[quantity][i]), LEVELS, tuple(float(v) for v in levels[:, i])),
                        truth["truth_value"],
                        scale,
                    ),
                    "code_version": scoring_version(),
                    "seed": made.seed,
                    "scored_at": scored_at,
                }
