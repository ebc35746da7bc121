"""Forecasts on demand: of all published series, on past vintages, and a watch on how well they cover.

A build forecasts orders by itself; this adds the other series, and the backtest. Both go to the ledgers, and the
warehouse is published again so that its marts show them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from fleetstats.errors import BadArgument, ConfigurationError
from fleetstats.pipeline import Outcome, Progress, run
from fleetstats.settings import Settings
from fleetstats.warehouse import Warehouse, new_run_id, open_warehouse

if TYPE_CHECKING:
    import pyarrow as pa

    from fleetstats.forecast.from_marts import PublishedSeries

BAND = (0.74, 0.86)
"""The share of truths that the central 80 % intervals have to hold."""

MIN_PERIODS = 8
"""With fewer periods known, a past vintage is not forecast."""


@dataclass
class Forecasted:
    """What `forecast_published` did: which series were forecast, and the publication that shows them."""

    status: Literal["unchanged", "published", "planned"]
    series: list[str]
    publication_id: str
    place: str
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)


@dataclass
class Backtested:
    """What `backtest` did: series and past vintages scored now, and those that had been before."""

    status: Literal["unchanged", "published", "planned"]
    series: list[str]
    vintages: int
    rows: int
    done_before: int
    place: str


def forecast_published(
    settings: Settings,
    series: Collection[str] | None = None,
    *,
    dry_run: bool = False,
    progress: Progress = lambda *_: None,
) -> Forecasted:
    """Forecast the series of the current publication that were not forecast yet from the same figures.

    `series`: codes, or beginnings of codes such as `distance/waymo`; None is all that go on. Builds and
    publishes the warehouse anew with them, all or nothing; does nothing if nothing is left to forecast.
    Raises `BadArgument` for a name that no series has, `ConfigurationError` where nothing is published or
    the publication was rolled back.
    """
    from fleetstats.forecast.publishing import tasks, wanted
    from fleetstats.forecast.sampling import SEED

    warehouse = open_warehouse(settings)
    every = _published_series(warehouse)
    chosen = wanted(every, _named(every, series))
    state = warehouse.state()
    todo = [task.history.series for task in tasks(chosen, warehouse.ledger("forecast"), SEED)]
    identity = "" if state is None else state.publication_id
    if not todo or dry_run:
        return Forecasted("planned" if todo else "unchanged", todo, identity, warehouse.place)
    outcome: Outcome = run(settings, force=True, series=tuple(series or ()), progress=progress)
    return Forecasted(
        "published", todo, outcome.publication_id, outcome.place, outcome.seconds, outcome.warnings
    )


def backtest(
    settings: Settings,
    series: Collection[str] | None = None,
    *,
    dry_run: bool = False,
    progress: Progress = lambda *_: None,
) -> Backtested:
    """Forecast past vintages from what had been issued by then, and score them by what is known today.

    A vintage is each day on which a later period of a series was issued. Each series is appended to the ledger
    when it is done: a run that was stopped goes on where it was. Raises as `forecast_published`.
    """
    from fleetstats import chain
    from fleetstats.forecast.publishing import extend, is_named
    from fleetstats.forecast.records import code_version

    warehouse = open_warehouse(settings)
    every = _published_series(warehouse)
    names = _named(every, series)
    chosen = [h for h in every if not names or any(is_named(h.series, n) for n in names)]
    ledger = warehouse.ledger("backtest_score")
    done = set(
        zip(
            ledger["series"].to_pylist(),
            ledger["as_of"].to_pylist(),
            ledger["code_version"].to_pylist(),
            strict=True,
        )
    )
    before = len({(s, d) for s, d, c in done if c == code_version()})
    todo: list[tuple[PublishedSeries, list[date]]] = []
    for history in chosen:
        days = [d for d in vintages(history) if (history.series, d, code_version()) not in done]
        if days:
            todo.append((history, days))
    result = Backtested(
        status="planned" if dry_run and todo else "unchanged",
        series=[history.series for history, _ in todo],
        vintages=sum(len(days) for _, days in todo),
        rows=0,
        done_before=before,
        place=warehouse.place,
    )
    unshown = _scored_since_publication(warehouse, ledger)
    if dry_run or not (todo or unshown):
        return result
    for number, (history, days) in enumerate(todo, start=1):
        progress("backtest", f"{number} of {len(todo)}: {history.series}, {len(days)} vintages")
        run_id = new_run_id()
        rows = list(backtest_rows(history, days, run_id, datetime.now(UTC)))
        with warehouse.lock():
            now = warehouse.ledger("backtest_score")
            added = extend("backtest_score", now, rows).slice(now.num_rows)
            warehouse.record("backtest_score", run_id, added.to_pylist())
        result.rows += len(rows)
    chain.check("backtest_score", warehouse.ledger("backtest_score"), warehouse.place)
    run(settings, force=True, progress=progress)
    result.status = "published"
    return result


def _scored_since_publication(warehouse: Warehouse, ledger: pa.Table) -> bool:
    """Whether a backtest was stopped between its last series and the publication that shows its scores."""
    state = warehouse.state()
    if state is None or not ledger.num_rows:
        return False
    last: datetime = max(ledger["scored_at"].to_pylist())
    return last > datetime.fromisoformat(state.published_at)


def vintages(history: PublishedSeries) -> list[date]:
    """The days on which a later period of a series was issued, with enough known and something to follow."""
    from fleetstats.forecast.series import period_number

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

    from fleetstats.forecast import LEVELS, forecast
    from fleetstats.forecast.from_marts import HORIZON
    from fleetstats.forecast.judging import Said, scores, truth_of, usual_change
    from fleetstats.forecast.records import code_version
    from fleetstats.forecast.sampling import SEED
    from fleetstats.periods import parse_period

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
                    "code_version": code_version(),
                    "seed": made.seed,
                    "scored_at": scored_at,
                }


def coverage_warnings(settings: Settings) -> list[str]:
    """Whether the combination's 80 % intervals held what they should over the last rolling year of targets.

    One line for each measure whose coverage lies outside 74 to 86 %, by more than chance explains (exact 95 %
    binomial limits), and none where all is well or too little is known. The year ends with the newest target
    that was scored, not with today.
    """
    from scipy.stats import binomtest

    ledger = open_warehouse(settings).ledger("forecast_score")
    rows = [
        row
        for row in ledger.select(
            ["measure", "model", "quantity", "truth_basis", "target_end", "inside_80"]
        ).to_pylist()
        if row["model"] == "combination"
        and row["quantity"] == "increment"
        and row["truth_basis"] == "known_today"
    ]
    if not rows:
        return []
    last = max(row["target_end"] for row in rows)
    said = []
    for measure in sorted({row["measure"] for row in rows}):
        inside = [
            row["inside_80"]
            for row in rows
            if row["measure"] == measure and row["target_end"] > last - timedelta(days=365)
        ]
        if not inside:
            continue
        limits = binomtest(sum(inside), len(inside)).proportion_ci(0.95)
        if limits.high < BAND[0] or limits.low > BAND[1]:
            said.append(
                f"{measure}: the 80 % intervals of the combination held {sum(inside)} of {len(inside)} truths in the "
                f"year to {last} ({sum(inside) / len(inside):.0%}); expected: {BAND[0]:.0%} to {BAND[1]:.0%}"
            )
    return said


def _published_series(warehouse: Warehouse) -> list[PublishedSeries]:
    from fleetstats.forecast.publishing import read_histories

    state = warehouse.state()
    if state is None:
        raise ConfigurationError(
            f"nothing has been published yet in {warehouse.place}\n  to do:    fleetstats run"
        )
    if state.rolled_back_from is not None:
        raise ConfigurationError(
            f"the warehouse was rolled back to {state.publication_id}; forecasting would publish the newer one again\n"
            f"  where:    {warehouse.place}\n"
            "  to do:    fleetstats run --force, which leaves the rollback, and then this again"
        )
    with warehouse.frames().open() as read:
        return read_histories(read)


def _named(every: list[PublishedSeries], series: Collection[str] | None) -> tuple[str, ...]:
    from fleetstats.forecast.publishing import is_named

    names = tuple(series or ())
    for name in names:
        if not any(is_named(history.series, name) for history in every):
            raise BadArgument(
                f"there is no series {name}\n  expected: {', '.join(h.series for h in every)}, or a beginning of one"
            )
    return names
