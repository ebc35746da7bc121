"""Numbers of forecasts, followed back to their rows of the ledger and the observations they were made from."""

from __future__ import annotations

from typing import Any

from fleetstats.core.errors import BadArgument
from fleetstats.core.schema.model import Table
from fleetstats.outputs.trace.conditions import equals
from fleetstats.outputs.trace.model import Cell, Part, new_cell
from fleetstats.outputs.trace.published import Published
from fleetstats.outputs.trace.records import Cores, Records
from fleetstats.warehouse.queries import statement

LEDGER_OF: dict[str, dict[str, tuple[str, float | None]]] = {
    "forecast_latest": {},
    "order_forecast": {
        "forecast_mean": ("mean", None), "median": ("quantile", 0.5),
        "low_50": ("quantile", 0.25), "high_50": ("quantile", 0.75), "low_80": ("quantile", 0.1),
        "high_80": ("quantile", 0.9), "low_95": ("quantile", 0.025), "high_95": ("quantile", 0.975),
    },
    "threshold_forecast": {"probability": ("probability", None)},
}  # fmt: skip
"""Marts of forecasts: which number of the ledger each column is."""


_FORECAST_KEY = ("series", "model", "target_period", "quantity", "output_type", "level", "threshold")


class ForecastCells:
    """The cells of marts of forecasts."""

    def __init__(self, published: Published, records: Records) -> None:
        self._published = published
        self._records = records
        self._from_same_inputs: dict[str, bool] = {}

    @staticmethod
    def columns(spec: Table, column: str | None) -> list[str]:
        """The columns to follow: the one asked for, or those that stand for the row."""
        named = list(LEDGER_OF[spec.name] or ["forecast_value"])
        if column is None:
            return ["median"] if "median" in named else named
        if column not in named:
            raise BadArgument(f"{column} is no number of a forecast\n  expected: {', '.join(named)}")
        return [column]

    def cell(
        self,
        spec: Table,
        row: dict[str, Any],
        column: str,
        lines: list[dict[str, Any]],
        cores: Cores,
    ) -> Cell:
        """A number of a forecast: its row of the ledger, and the observations it was made from."""
        cell = new_cell(spec, row, column, unit=row.get("unit"))
        kind, level = LEDGER_OF[spec.name].get(column) or (row.get("output_type"), row.get("level"))
        key = {k: row.get(k) for k in _FORECAST_KEY} | {"output_type": kind, "level": level}
        if spec.name == "threshold_forecast":
            key["quantity"] = "cumulative"
        same = equals({**key, **{k: row[k] for k in ("publication_id", "origin")}})
        sql = statement("select * from forecast where {same} order by sequence desc limit 1", same=same.sql)
        found = self._published.ask(sql, same.parameters)
        if not found:
            cell.says.append("no row of the ledger forecast is this number")
            cell.reconciles = False
            return cell
        [made] = found
        part = Part("row of the ledger", "forecast", f"sequence={made['sequence']}")
        part.row = {k: v for k, v in made.items() if v is not None}
        part.ends_at = f"row {made['sequence']:,} of the ledger forecast, row_sha256 {made['row_sha256']}"
        part.done = [
            f"made by {made['model']}, code {made['code_version']}, seed {made['seed']}",
            f"parameters_sha256 {made['parameters_sha256']}",
            f"run {made['run_id']} at {made['made_at']}, from publication {made['publication_id']}",
            f"origin {made['origin']}, {made['horizon']} periods before {made['target_period']}",
        ]
        part.done += [f"imputed: {made['imputed']}"] if made["imputed"] else []
        part.done += [f"lower bounds {made['lower_bounds']}"] if made["lower_bounds"] else []
        cell.reconciles = part.reconciles = made["forecast_value"] == row[column]
        part.done.append(self.inputs(made))
        cell.parts = [
            part,
            *(
                self._records.part(line, cores[line["core_table"], line["core_key"]], "value")
                for line in lines
            ),
        ]
        return cell

    def inputs(self, made: dict[str, Any]) -> str:
        """Whether the observations of today are those that a forecast was made from."""
        inputs = made["inputs_sha256"]
        if inputs not in self._from_same_inputs:
            from fleetstats.forecast.ledger.series import HORIZON, histories, inputs_sha256

            figures = self._published.ask(
                "select * from forecast_series where series = $series", {"series": made["series"]}
            )
            [history] = histories(figures, self._published.ask("select * from orders_cumulative"))
            truths = history.known()
            series = history.as_series(truths)
            self._from_same_inputs[inputs] = series is not None and inputs == inputs_sha256(
                series,
                truths.total(series.end),
                history.scope_of(truths),
                HORIZON[history.frequency],
                made["seed"],
            )
        return (
            f"from the observations that follow: their hash is that of the ledger, {inputs}"
            if self._from_same_inputs[inputs]
            else f"the observations that follow are today's; it was made from others (inputs {inputs}), "
            f"those of publication {made['publication_id']}"
        )
