"""Great Expectations at work: the tables of a candidate, their expectations, and the result of each.

The library is given each table as a batch. Its way for production, a validation definition and a checkpoint for each
table, gives the same results for 30 % more processor time (6.5 s for 5.0 s, measured with 413 expectations on 57
tables): it stores suite, definition and checkpoint, and compares each with what was stored, for one run.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
import warnings
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import ConfigurationError, shorten, what_is_wrong
from fleetstats.core.schema.arrow import decimals_as_floats
from fleetstats.core.schema.tables import TABLES
from fleetstats.quality.derived import COLUMN_SET, derived
from fleetstats.quality.expectations import Result, Suites
from fleetstats.quality.predicates import is_plainly_met
from fleetstats.warehouse.base import Tables

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 5


class Auditor:
    """Audits tables, and loads its library meanwhile, by a thread.

    What it costs: 2.1 s of processor time for 908 checks, once the library is loaded. A forced night whose tables hold
    what they held needs no library (`earlier_audit.py`) and takes 4.9 s (5.9 s of processor time), all in all. Measured
    on two cores, the night on quiet ones.
    """

    def __init__(self, *, soon: bool = True) -> None:
        """With `soon` the library is loaded from now on; without, when there is something to audit."""
        self._failed: BaseException | None = None
        self._loading = Thread(target=self._load, name="great-expectations", daemon=True)
        if soon:
            self._loading.start()

    def _load(self) -> None:
        try:
            load_library()
        except BaseException as error:  # noqa: BLE001 - raised where the library is needed
            self._failed = error

    def audit(self, there: Tables, suites: Suites) -> list[Result]:
        """The result of every expectation of these suites, in their order.

        Raises `ConfigurationError` for an expectation that the library does not know or cannot use.
        """
        if not suites:
            return []
        if self._loading.ident is not None:
            self._loading.join()
        if self._failed is not None:
            raise self._failed
        return audit(there, suites)


def load_library() -> None:
    """Import Great Expectations, and make our own expectation known to it."""
    # The library would report its use to its makers
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    if not _has_home():
        # It looks for its settings there; a user of a container may have no entry that says where that is
        os.environ["HOME"] = tempfile.gettempdir()
    import_module("fleetstats.quality.kilometres")


def _has_home() -> bool:
    try:
        return Path.home().is_dir()
    except RuntimeError:
        return False


def audit(there: Tables, suites: Suites) -> list[Result]:
    """Validate each table against its expectations."""
    load_library()
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    whole = (
        context.data_sources.add_pandas("candidate")
        .add_dataframe_asset("table")
        .add_batch_definition_whole_dataframe("whole")
    )
    results: list[Result] = []
    with warnings.catch_warnings():
        # How the library uses pandas is no affair of whoever reads the results, and may not decide on them
        warnings.simplefilter("ignore")
        for table, expectations in suites.items():
            frame = _frame(there, table, _columns_named(expectations) | set(TABLES[table].key))
            results += _validate(table, expectations, frame, whole.get_batch({"dataframe": frame}))
    return results


def _frame(there: Tables, table: str, wanted: set[str]) -> pd.DataFrame:
    """A table as the library takes it: decimals as floats, and columns that nobody asks for as nulls."""
    import pyarrow as pa

    columns = there.tables()[table]
    read = decimals_as_floats(there.table(table, [name for name in columns if name in wanted]))
    nulls = pa.nulls(read.num_rows, pa.bool_())
    arrays = [read[name] if name in wanted else nulls for name in columns]
    frame: pd.DataFrame = pa.Table.from_arrays(arrays, list(columns)).to_pandas()
    return frame


def _columns_named(expectations: list[dict[str, Any]]) -> set[str]:
    named: set[str] = set()
    for kwargs in (e["kwargs"] for e in expectations):
        named |= {kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs}
        named |= set(kwargs.get("column_list", []))
    return named


def _validate(
    table: str, expectations: list[dict[str, Any]], frame: pd.DataFrame, batch: Any
) -> list[Result]:
    from great_expectations.core.expectation_suite import ExpectationSuite
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    follows = [(e["type"], e["kwargs"]) for e in derived(TABLES[table])]
    met = {
        i
        for i, e in enumerate(expectations)
        if (e["type"], e["kwargs"]) in follows and is_plainly_met(e, frame)
    }
    unknown = {e["type"] for e in expectations} - set(list_registered_expectation_implementations())
    if unknown:
        # The library would leave them out with a line in its log
        raise _unusable(table, ", ".join(sorted(unknown)), "a type that Great Expectations knows")
    try:
        suite = ExpectationSuite(
            name=table,
            expectations=[{**e, "meta": {"position": i}} for i, e in enumerate(expectations) if i not in met],
        )
    except (TypeError, ValueError) as error:
        raise _unusable(table, what_is_wrong(error), "the arguments that its type takes") from error
    if len(suite.expectations) + len(met) != len(expectations):
        raise _unusable(table, f"{len(suite.expectations)} loaded", f"all {len(expectations)} of the suite")
    outcomes = _outcomes(batch, suite, list(TABLES[table].key))
    return [
        _result(table, expectation, outcomes.get(position))
        for position, expectation in enumerate(expectations)
    ]


def _outcomes(batch: Any, suite: Any, key: list[str]) -> dict[int, Any]:
    """The result of each expectation, by its position.

    What is expected of every row is asked for a yes or no first, and only a no for its rows: asking for both at once
    takes two fifths more of the audit's time, where nearly all answers are yes.
    """
    from great_expectations.core.expectation_suite import ExpectationSuite
    from great_expectations.expectations.expectation import (
        ColumnMapExpectation,
        ColumnPairMapExpectation,
        MulticolumnMapExpectation,
    )

    of_rows = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)

    def ask(expectations: list[Any], result_format: dict[str, Any]) -> dict[int, Any]:
        asked = batch.validate(
            ExpectationSuite(name=suite.name, expectations=expectations), result_format=result_format
        )
        return {r.expectation_config.meta["position"]: r for r in asked.results}

    answers = ask(
        [e for e in suite.expectations if isinstance(e, of_rows)], {"result_format": "BOOLEAN_ONLY"}
    )
    answers = {position: answer for position, answer in answers.items() if answer.success}
    details = {
        "result_format": "SUMMARY",
        "unexpected_index_column_names": key,
        "partial_unexpected_count": _SHOWN,
    }
    return answers | ask([e for e in suite.expectations if e.meta["position"] not in answers], details)


def _unusable(table: str, found: str, expected: str) -> ConfigurationError:
    return ConfigurationError(
        f"an expectation that cannot be used\n  where:    file expectations/{table}.json\n"
        f"  found:    {found}\n  expected: {expected}"
    )


def _result(table: str, expectation: dict[str, Any], outcome: Any) -> Result:
    """The result of one expectation; without an outcome it was met, and there is no more to say."""
    kwargs = dict(expectation["kwargs"])
    column = kwargs.pop("column", None)
    kwargs.pop("column_set", None)
    info = None if outcome is None else outcome.exception_info
    raised = [info for info in _exceptions(info) if info.get("raised_exception")]
    met = outcome is None or bool(outcome.success)
    found = {} if outcome is None else outcome.result or {}
    observed: dict[str, Any] = {}
    severity = expectation["severity"]
    if raised:
        # It has not been checked, which is worse than not being met
        severity = "critical"
        observed["error"] = shorten(str(raised[0].get("exception_message")), 300)
    if found.get("observed_value") is not None and expectation["type"] != COLUMN_SET:
        observed["value"] = found["observed_value"]
    if found.get("unexpected_count"):
        observed["count"] = found["unexpected_count"]
        observed["rows"] = found.get("partial_unexpected_index_list") or found.get("partial_unexpected_list")
    if expectation["type"] == COLUMN_SET and not met:
        observed["value"] = found.get("observed_value")
    text = json.dumps(_plain(observed), ensure_ascii=False) if observed else None
    return Result(
        table_name=table,
        expectation=expectation["type"],
        column_name=column,
        arguments=json.dumps(kwargs, ensure_ascii=False, sort_keys=True),
        severity=severity,
        success=met and not raised,
        observed=None if text is None else text[:1000],
    )


def _exceptions(info: Any) -> list[dict[str, Any]]:
    if not isinstance(info, dict):
        return []
    if "raised_exception" in info:
        return [info]
    return [value for value in info.values() if isinstance(value, dict)]


def _plain(value: Any) -> Any:
    """A value as JSON has it: what is not a number is null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal | date | datetime):
        return str(value)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
