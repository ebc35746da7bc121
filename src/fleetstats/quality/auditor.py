"""Great Expectations at work: a candidate, its tables' expectations, and what came of each.

Run as a process of its own (`checks.Auditor`): the library takes longer to import than the audit takes, and
a process can be ended without the half second in which the library's objects are taken down.
"""

from __future__ import annotations

import gc
import json
import math
import os
import pickle
import sys
import traceback
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import ConfigurationError, FleetstatsError, shorten, what_is_wrong
from fleetstats.core.schema.arrow import decimals_as_floats
from fleetstats.core.schema.tables import TABLES
from fleetstats.quality.expectations import COLUMN_SET, Result
from fleetstats.warehouse.base import OpenTables, Tables

if TYPE_CHECKING:
    import pandas as pd

Suites = dict[str, list[dict[str, Any]]]

_SHOWN = 5


def main() -> None:
    """Load the library, read one request from standard input, answer on standard output.

    The answer is the list of results, or the exception that prevented it.
    """
    # Nothing here is garbage before the process ends, and looking for it costs a fifth of the import
    gc.disable()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What the library prints is not part of the answer
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    import great_expectations  # noqa: F401 - loaded while the build reads filings

    request = sys.stdin.buffer.read()
    if request:
        candidate, suites, specs = pickle.loads(request)  # noqa: S301 - from the build that started this process
        # Those of sources that were registered there at run time as well
        TABLES.update(specs)
        answers.write(_answer(candidate, suites))
        answers.flush()
    os._exit(0)


def _answer(candidate: OpenTables, suites: Suites) -> bytes:
    """The results of all suites, one half of them from a copy of this process for the second core."""
    names = sorted(suites, key=lambda name: -len(suites[name]))
    here, there = names[::2], names[1::2]
    source, sink = os.pipe()
    copy = os.fork()
    if copy == 0:
        os.close(source)
        with os.fdopen(sink, "wb") as pipe:
            pipe.write(_results(candidate, {name: suites[name] for name in there}))
        os._exit(0)
    os.close(sink)
    results = pickle.loads(_results(candidate, {name: suites[name] for name in here}))  # noqa: S301 - made here
    with os.fdopen(source, "rb") as pipe:
        others = pickle.load(pipe)  # noqa: S301 - from the copy of this process
    os.waitpid(copy, 0)
    for part in (results, others):
        if isinstance(part, BaseException):
            return pickle.dumps(part)
    by_table: dict[str, list[Result]] = {name: [] for name in suites}
    for result in [*results, *others]:
        by_table[result.table_name].append(result)
    return pickle.dumps([result for part in by_table.values() for result in part])


def _results(candidate: OpenTables, suites: Suites) -> bytes:
    try:
        return pickle.dumps(audit(candidate, suites))
    except FleetstatsError as error:
        return pickle.dumps(error)
    except Exception:  # noqa: BLE001 - the build tells of it
        return pickle.dumps(RuntimeError(traceback.format_exc()))


def audit(candidate: OpenTables, suites: Suites) -> list[Result]:
    """Validate each table against its expectations, in this process."""
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
    with candidate() as there:
        for table, expectations in suites.items():
            frame = _frame(there, table, _columns_named(expectations) | set(TABLES[table].key))
            results += _validate(table, expectations, whole.get_batch({"dataframe": frame}))
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


def _validate(table: str, expectations: list[dict[str, Any]], batch: Any) -> list[Result]:
    from great_expectations.core.expectation_suite import ExpectationSuite
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    unknown = {e["type"] for e in expectations} - set(list_registered_expectation_implementations())
    if unknown:
        # The library would leave them out with a line in its log
        raise _unusable(table, ", ".join(sorted(unknown)), "a type that Great Expectations knows")
    try:
        suite = ExpectationSuite(
            name=table, expectations=[{**e, "meta": {"position": i}} for i, e in enumerate(expectations)]
        )
    except (TypeError, ValueError) as error:
        raise _unusable(table, what_is_wrong(error), "the arguments that its type takes") from error
    if len(suite.expectations) != len(expectations):
        raise _unusable(table, f"{len(suite.expectations)} loaded", f"all {len(expectations)} of the file")
    outcome = batch.validate(
        suite,
        result_format={
            "result_format": "SUMMARY",
            "unexpected_index_column_names": list(TABLES[table].key),
            "partial_unexpected_count": _SHOWN,
        },
    )
    by_position = {r.expectation_config.meta["position"]: r for r in outcome.results}
    return [
        _result(table, expectation, by_position[position])
        for position, expectation in enumerate(expectations)
    ]


def _unusable(table: str, found: str, expected: str) -> ConfigurationError:
    return ConfigurationError(
        f"an expectation that cannot be used\n  where:    file expectations/{table}.json\n"
        f"  found:    {found}\n  expected: {expected}"
    )


def _result(table: str, expectation: dict[str, Any], outcome: Any) -> Result:
    kwargs = dict(expectation["kwargs"])
    column = kwargs.pop("column", None)
    kwargs.pop("column_set", None)
    raised = [info for info in _exceptions(outcome.exception_info) if info.get("raised_exception")]
    found = outcome.result or {}
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
    if expectation["type"] == COLUMN_SET and not outcome.success:
        observed["value"] = found.get("observed_value")
    text = json.dumps(observed, ensure_ascii=False, default=_plain) if observed else None
    return Result(
        table_name=table,
        expectation=expectation["type"],
        column_name=column,
        arguments=json.dumps(kwargs, ensure_ascii=False, sort_keys=True),
        severity=severity,
        success=bool(outcome.success) and not raised,
        observed=None if text is None else text[:1000],
    )


def _exceptions(info: Any) -> list[dict[str, Any]]:
    if not isinstance(info, dict):
        return []
    if "raised_exception" in info:
        return [info]
    return [value for value in info.values() if isinstance(value, dict)]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | date | datetime):
        return str(value)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


if __name__ == "__main__":
    main()
