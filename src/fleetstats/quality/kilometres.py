"""Our own expectation, in the way Great Expectations means it: kilometres are the miles beside them × 1.609344.

Importing this module makes it known to the library, which it imports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnPairMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_pair_condition_partial import (
    column_pair_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_pair_map_metric_provider import (
    ColumnPairMapMetricProvider,
)

from fleetstats.quality.predicates import exact_kilometres

if TYPE_CHECKING:
    import pandas as pd


class KilometresOfMiles(ColumnPairMapMetricProvider):
    """Row by row, whether column B is column A in kilometres; no value in only one of them is a difference."""

    condition_metric_name = "column_pair_values.b_kilometres_of_a"
    condition_domain_keys = (
        "batch_id", "table", "column_A", "column_B", "row_condition", "condition_parser", "ignore_row_if",
    )  # fmt: skip
    condition_value_keys = ()

    @column_pair_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_A: pd.Series[float], column_B: pd.Series[float], **_: Any) -> Any:  # noqa: N803, N805 - the library's names
        return exact_kilometres(column_A, column_B)


class ExpectColumnPairValuesBToBeKilometresOfA(ColumnPairMapExpectation):
    """Expect column B to be column A × 1.609344, as exactly as floats can tell."""

    map_metric = "column_pair_values.b_kilometres_of_a"
    ignore_row_if: Literal["both_values_are_missing", "either_value_is_missing", "neither"] = (
        "both_values_are_missing"
    )
    success_keys = ("column_A", "column_B", "ignore_row_if", "mostly")
    args_keys = ("column_A", "column_B")
