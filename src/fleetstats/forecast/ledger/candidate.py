"""Forecasts, scores and their marts in a candidate: what a build adds between its marts and its audit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.vocabulary import CHAINED
from fleetstats.forecast.ledger.series import (
    COLUMNS,
    HORIZON,
    PublishedSeries,
    going_on,
    histories,
    inputs_sha256,
)
from fleetstats.warehouse import hash_chain as chain
from fleetstats.warehouse.identity import publication_id

if TYPE_CHECKING:
    import pyarrow as pa

    from fleetstats.forecast.ledger.rows import Made
    from fleetstats.warehouse.base import Tables, Warehouse

Ready = Mapping[tuple[str, str], Sequence[dict[str, Any]]]
"""Forecasts that were made before they are published, by series and the hash of their inputs."""

ORDERS = "orders"
"""The measure that every build forecasts; `fleetstats forecast` forecasts the others too."""

_TOTALS = {"operator", "scope", "as_of", "basis", "orders", "issued_on"}


@dataclass(frozen=True)
class Task:
    """One series to be forecast, as far as it is known now."""

    history: PublishedSeries
    scope: str
    total: float
    inputs: str


def read_histories(reader: Tables) -> list[PublishedSeries]:
    """The series of a warehouse's marts, with everything that was said of them."""
    figures, totals = reader.table("forecast_series", COLUMNS), reader.table("orders_cumulative", _TOTALS)
    return histories(figures.to_pylist(), totals.to_pylist())


def wanted(every: Iterable[PublishedSeries], series: Collection[str] | None) -> list[PublishedSeries]:
    """The series that go on: those of orders, or those named; an empty name list means all.

    A name is the code of a series or the beginning of one, such as `orders`, `distance/waymo`.
    """
    names = (ORDERS,) if series is None else tuple(series)
    return [h for h in going_on(every) if not names or any(is_named(h.series, name) for name in names)]


def is_named(series: str, name: str) -> bool:
    """Whether a name is a series' code, or a whole beginning of it: `distance/waymo`, not `distance/way`."""
    return series == name or series.startswith(name.rstrip("/") + "/")


def tasks(every: Iterable[PublishedSeries], ledger: pa.Table, seed: int) -> list[Task]:
    """Those of the series that were not forecast yet from what is known now by the code of today."""
    from fleetstats.forecast.ledger.versions import code_version, same_code

    done = {
        (row["series"], row["inputs_sha256"], same_code(row["code_version"], "forecast"))
        for row in ledger.select(["series", "inputs_sha256", "code_version"])
        .group_by(["series", "inputs_sha256", "code_version"])
        .aggregate([])
        .to_pylist()
    }
    today = same_code(code_version(), "forecast")
    found = []
    for history in every:
        truths = history.known()
        series = history.as_series(truths)
        if series is None:
            continue
        total, scope = truths.total(series.end), history.scope_of(truths)
        inputs = inputs_sha256(series, total, scope, HORIZON[history.frequency], seed)
        if (history.series, inputs, today) not in done:
            found.append(Task(history, scope, total, inputs))
    return found


def new_forecasts(
    todo: list[Task],
    made: Made,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """The rows that forecasts of these series add to the ledger."""
    from fleetstats.forecast import forecast
    from fleetstats.forecast.ledger.rows import rows

    added: list[dict[str, Any]] = []
    of_series = {task.history.series: task for task in todo}
    for frequency, horizon in HORIZON.items():
        series = [
            one
            for task in todo
            if task.history.frequency == frequency
            and (one := task.history.as_series(task.history.known())) is not None
        ]
        if not series:
            continue
        for said in forecast(series, horizon, seed=seed, progress=progress):
            task = of_series[said.series_id]
            added += rows(said, task.history, task.scope, task.total, task.inputs, made)
    return added


def new_scores(
    every: Iterable[PublishedSeries], forecasts: pa.Table, scored: pa.Table, made: Made
) -> list[dict[str, Any]]:
    """The rows that the ledger `forecast_score` gains: targets whose truth has become known or has changed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from fleetstats.forecast.evaluation.judge import judge
    from fleetstats.forecast.ledger.versions import code_version

    of_series = {history.series: history for history in every}
    parts = []
    for name, history in of_series.items():
        mine = forecasts.filter(pc.equal(forecasts["series"], pa.scalar(name)))
        known = pa.array(list(history.known().figures), pa.string())
        parts.append(mine.filter(pc.is_in(mine["target_period"], known)))
    last: dict[tuple[Any, ...], float] = {}
    key = ("forecast_run_id", "series", "model", "target_period", "quantity", "truth_basis")
    for row in scored.select([*key, "truth_value"]).to_pylist():
        last[tuple(row[name] for name in key)] = row["truth_value"]
    rows = pa.concat_tables(parts).to_pylist() if parts else []
    return [
        {**row, "run_id": made.run_id, "code_version": code_version(), "scored_at": made.made_at}
        for row in judge(rows, of_series, last)
    ]


def extend(ledger: str, before: pa.Table, rows: list[dict[str, Any]]) -> pa.Table:
    """A chained ledger with rows added to it."""
    import pyarrow as pa

    if not rows:
        return before
    linked = chain.chained(ledger, rows, chain.head(ledger, before))
    return pa.concat_tables([before, rows_to_table(ledger, linked)])


def by_inputs(rows: Iterable[dict[str, Any]]) -> Ready:
    """Rows of forecasts, by what they are forecasts of."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["series"], row["inputs_sha256"]), []).append(row)
    return found


def forecast_candidate(
    warehouse: Warehouse,
    made: Made,
    fingerprint: str,
    series: Collection[str] | None,
    progress: Callable[[str], None],
    ready: Ready | None = None,
) -> tuple[str, dict[str, pa.Table]]:
    """The chained ledgers as they will be (what is there, and what this candidate's marts add), and the name of the
    publication that shows them.

    `fingerprint` is that of the candidate's inputs, `series` as in `wanted`; `ready` are forecasts that were made
    before, which are taken where they are of the same figures. Nothing is written.
    """
    from fleetstats.forecast.engine.sampling import SEED

    with warehouse.read(made.run_id) as reader:
        every = read_histories(reader)
    before = {name: warehouse.ledger(name).sort_by("sequence") for name in CHAINED}
    added: dict[str, list[dict[str, Any]]] = {name: [] for name in CHAINED}
    todo = tasks(wanted(every, series), before["forecast"], SEED)
    known = ready or {}
    for task in todo:
        rows = known.get((task.history.series, task.inputs), [])
        added["forecast"] += [{**row, "run_id": made.run_id} for row in rows]
    todo = [task for task in todo if (task.history.series, task.inputs) not in known]
    if todo:
        progress(f"{len(todo)} series")
        added["forecast"] += new_forecasts(
            todo, made, SEED, lambda done, of: progress(f"series {done} of {of}")
        )
    forecasts = _unnamed("forecast", before["forecast"], added["forecast"])
    if forecasts.num_rows:
        progress("scores")
        added["forecast_score"] = new_scores(every, forecasts, before["forecast_score"], made)
    shown = {name: _unnamed(name, before[name], rows) for name, rows in added.items()}
    name_of_it = publication_id(fingerprint, shown)
    for row in (*added["forecast"], *added["forecast_score"]):
        row["publication_id"] = row.get("publication_id") or name_of_it
    return name_of_it, {name: extend(name, before[name], rows) for name, rows in added.items()}


def _unnamed(ledger: str, before: pa.Table, rows: list[dict[str, Any]]) -> pa.Table:
    """A ledger with rows added that have no place in the chain yet, nor the name of their publication."""
    import pyarrow as pa

    if not rows:
        return before
    blank = {"sequence": 0, "row_sha256": "", "publication_id": ""}
    return pa.concat_tables([before, rows_to_table(ledger, [{**blank, **row} for row in rows])])
