"""Forecasts on demand: of all published series, on past vintages, and a watch on how well they cover.

A build forecasts orders by itself; this adds the other series, and the backtest. Both go to the ledgers, and the
warehouse is published again so that its marts show them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal

from fleetstats.core.errors import BadArgument, ConfigurationError
from fleetstats.core.progress import Progress, silent
from fleetstats.core.settings import Settings
from fleetstats.pipeline.build import Outcome, run
from fleetstats.warehouse.base import Warehouse, new_run_id
from fleetstats.warehouse.registry import open_warehouse

if TYPE_CHECKING:
    import pyarrow as pa

    from fleetstats.forecast.ledger.series import PublishedSeries
from fleetstats.forecast.ledger.backtest import backtest_rows, vintages


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
    wait: float = 0,
    progress: Progress = silent,
) -> Forecasted:
    """Forecast the series of the current publication that were not forecast yet from the same figures.

    `series`: codes, or beginnings of codes such as `distance/waymo`; None is all that go on. Builds and
    publishes the warehouse anew with them, all or nothing; does nothing if nothing is left to forecast.
    Raises `BadArgument` for a name that no series has, `ConfigurationError` where nothing is published or
    the publication was rolled back.
    """
    from fleetstats.forecast.engine.sampling import SEED
    from fleetstats.forecast.ledger.candidate import by_inputs, new_forecasts, tasks, wanted
    from fleetstats.forecast.ledger.rows import Made

    warehouse = open_warehouse(settings)
    if not dry_run:
        warehouse.settle()
    every = _published_series(warehouse)
    chosen = wanted(every, _named(every, series))
    state = warehouse.state()
    found = tasks(chosen, warehouse.ledger("forecast"), SEED)
    todo = [task.history.series for task in found]
    identity = "" if state is None else state.publication_id
    if not todo or dry_run:
        return Forecasted("planned" if todo else "unchanged", todo, identity, warehouse.place)
    # Outside of the lock: it takes longer than all the rest, and needs nothing that another build could change
    rows = new_forecasts(
        found,
        Made(new_run_id(), datetime.now(UTC)),
        SEED,
        lambda done, of: progress("forecast", f"series {done} of {of}"),
    )
    outcome: Outcome = run(
        settings, force=True, series=tuple(series or ()), ready=by_inputs(rows), wait=wait, progress=progress
    )
    return Forecasted(
        "published", todo, outcome.publication_id, outcome.place, outcome.seconds, outcome.warnings
    )


def backtest(
    settings: Settings,
    series: Collection[str] | None = None,
    *,
    dry_run: bool = False,
    wait: float = 0,
    progress: Progress = silent,
) -> Backtested:
    """Forecast past vintages from what had been issued by then, and score them by what is known today.

    A vintage is each day on which a later period of a series was issued. Each series is appended to the ledger
    when it is done: a run that was stopped goes on where it was. Raises as `forecast_published`.
    """
    from fleetstats.forecast.ledger.candidate import extend, is_named
    from fleetstats.forecast.ledger.versions import same_code, scoring_version
    from fleetstats.warehouse import hash_chain as chain

    warehouse = open_warehouse(settings)
    if not dry_run:
        warehouse.settle()
    every = _published_series(warehouse)
    names = _named(every, series)
    chosen = [h for h in every if not names or any(is_named(h.series, n) for n in names)]
    ledger = warehouse.ledger("backtest_score")
    today = same_code(scoring_version(), "score")
    done = {
        (row["series"], row["as_of"])
        for row in ledger.select(["series", "as_of", "code_version"]).to_pylist()
        if same_code(row["code_version"], "score") == today
    }
    todo: list[tuple[PublishedSeries, list[date]]] = []
    for history in chosen:
        days = [d for d in vintages(history) if (history.series, d) not in done]
        if days:
            todo.append((history, days))
    result = Backtested(
        status="planned" if dry_run and todo else "unchanged",
        series=[history.series for history, _ in todo],
        vintages=sum(len(days) for _, days in todo),
        rows=0,
        done_before=len(done),
        place=warehouse.place,
    )
    unshown = _scored_since_publication(warehouse, ledger)
    if dry_run or not (todo or unshown):
        return result
    for number, (history, days) in enumerate(todo, start=1):
        progress("backtest", f"{number} of {len(todo)}: {history.series}, {len(days)} vintages")
        run_id = new_run_id()
        rows = list(backtest_rows(history, days, run_id, datetime.now(UTC)))
        with warehouse.lock(wait):
            now = warehouse.ledger("backtest_score")
            added = extend("backtest_score", now, rows).slice(now.num_rows)
            warehouse.record("backtest_score", run_id, added.to_pylist())
        result.rows += len(rows)
    chain.check("backtest_score", warehouse.ledger("backtest_score"), warehouse.place)
    run(settings, force=True, wait=wait, progress=progress)
    result.status = "published"
    return result


def _scored_since_publication(warehouse: Warehouse, ledger: pa.Table) -> bool:
    """Whether a backtest was stopped between its last series and the publication that shows its scores."""
    state = warehouse.state()
    if state is None or not ledger.num_rows:
        return False
    last: datetime = max(ledger["scored_at"].to_pylist())
    return last > datetime.fromisoformat(state.published_at)


def _published_series(warehouse: Warehouse) -> list[PublishedSeries]:
    from fleetstats.forecast.ledger.candidate import read_histories

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
    with warehouse.read() as reader:
        return read_histories(reader)


def _named(every: list[PublishedSeries], series: Collection[str] | None) -> tuple[str, ...]:
    from fleetstats.forecast.ledger.candidate import is_named

    names = tuple(series or ())
    for name in names:
        if not any(is_named(history.series, name) for history in every):
            raise BadArgument(
                f"there is no series {name}\n  expected: {', '.join(h.series for h in every)}, or a beginning of one"
            )
    return names
