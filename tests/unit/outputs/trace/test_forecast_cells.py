"""Numbers of forecasts followed back: whether each was made from the observations of today."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from fleetstats.forecast.ledger.series import HORIZON, histories, inputs_sha256
from fleetstats.outputs.trace.forecast_cells import ForecastCells
from fleetstats.outputs.trace.published import Published
from fleetstats.outputs.trace.records import Records
from fleetstats.warehouse.base import Parameters

SEED = 7


def figures(series: str) -> list[dict[str, Any]]:
    """Two quarters of a series, as rows of `forecast_series`."""
    return [
        {
            "series": series, "operator": "waymo", "scope": "public_rides", "measure": "orders", "unit": "orders",
            "frequency": "Q", "period": f"2023Q{n}", "value": 100 * n, "bound": "exact", "scope_break": False,
            "issued_on": date(2023, 3 * n + 1, 1), "preference": 1, "choice": 1, "issue_order": n,
        }
        for n in (1, 2)
    ]  # fmt: skip


class Observations:
    """A publication that has two series, and counts how often it is asked for one."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        if parameters is None:
            return []
        self.asked.append(parameters["series"])
        return figures(parameters["series"])


def made(series: str, *, from_today: bool) -> dict[str, Any]:
    """A row of the ledger `forecast`, made from the observations of today or from others."""
    [history] = histories(figures(series))
    truths = history.known()
    observed = history.as_series(truths)
    assert observed is not None
    total = truths.total(observed.end) if from_today else 1.0
    inputs = inputs_sha256(observed, total, history.scope_of(truths), HORIZON["Q"], SEED)
    return {"series": series, "seed": SEED, "inputs_sha256": inputs, "publication_id": "pub-1"}


def test_each_forecast_is_told_of_its_own_inputs_however_often_and_in_whatever_order() -> None:
    published = Observations()
    cells = ForecastCells(cast("Published", published), cast("Records", None))
    same, other = made("orders/a", from_today=True), made("orders/b", from_today=False)
    said = [cells.inputs(row) for row in (same, other, same, other)]
    assert ["their hash is that of the ledger" in text for text in said] == [True, False, True, False]
    assert ["it was made from others" in text for text in said] == [False, True, False, True]
    assert published.asked == ["orders/a", "orders/b"]
