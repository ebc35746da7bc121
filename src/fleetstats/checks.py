"""Great Expectations over what is about to be published, and the gate.

Every table has its file in `expectations/`, with a severity on each expectation. The tables are read back from
the candidate file itself. A second process imports the library while the first one reads filings, since
that import takes longer than the whole audit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats.errors import ConfigurationError, shorten, what_is_wrong
from fleetstats.schema import TABLES

if TYPE_CHECKING:
    import pandas as pd

SEVERITIES = ("critical", "warning")
ROW_FLOOR = "expect_table_row_count_to_be_between"
COLUMN_SET = "expect_table_columns_to_match_set"
_SHOWN = 5


@dataclass(frozen=True)
class Result:
    """The outcome of one expectation; `observed` is JSON, short enough to be read."""

    table_name: str
    expectation: str
    column_name: str | None
    arguments: str
    severity: str
    success: bool
    observed: str | None

    @property
    def says(self) -> str:
        """One line for a person: what was expected of which column, and what was found."""
        column = f".{self.column_name}" if self.column_name else ""
        return f"{self.table_name}{column}: {self.expectation} {self.arguments}; found {self.observed}"

    def row(self, run_id: str) -> dict[str, Any]:
        """As a row of check_result."""
        return {"run_id": run_id, **asdict(self)}


def load_suite(folder: Path, table: str) -> list[dict[str, Any]]:
    """The expectations of a table as its file states them.

    Raises `ConfigurationError` for a missing file, one of another table, an unknown severity, and a suite
    without a row floor or without the exact column set.
    """
    path = folder / f"{table}.json"

    def wrong(found: str, expected: str) -> ConfigurationError:
        return ConfigurationError(
            f"expectations that cannot be used\n  where:    file {path}\n  found:    {found}\n"
            f"  expected: {expected}"
        )

    try:
        suite = json.loads(path.read_text(encoding="utf-8"))
        expectations: list[dict[str, Any]] = suite["expectations"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise wrong(repr(error), "a file with name and expectations for every table") from error
    if suite.get("name") != table:
        raise wrong(f"name {suite.get('name')}", table)
    for expectation in expectations:
        if not isinstance(expectation, dict):
            raise wrong(repr(expectation), "a mapping with type, kwargs and severity")
        if not isinstance(expectation.get("type"), str) or not isinstance(expectation.get("kwargs"), dict):
            raise wrong(json.dumps(expectation), "type and kwargs in every expectation")
        if expectation.get("severity") not in SEVERITIES:
            raise wrong(f"severity {expectation.get('severity')}", " or ".join(SEVERITIES))
    floors = [e["kwargs"].get("min_value", 0) for e in expectations if e["type"] == ROW_FLOOR]
    if len(floors) != 1 or (floors[0] < 1 and "may_be_empty" not in suite):
        raise wrong(f"row floors {floors}", "one of at least 1, or a reason in may_be_empty")
    sets = [e["kwargs"] for e in expectations if e["type"] == COLUMN_SET]
    columns = sorted(TABLES[table].columns)
    if len(sets) != 1 or sorted(sets[0]["column_set"]) != columns or not sets[0].get("exact_match"):
        raise wrong(f"column sets {sets}", f"one, exact: {', '.join(columns)}")
    return expectations


class Auditor:
    """Audits candidate files in a process of its own, which begins to load its library at once.

    A pipe joins the two: when a build is killed, its auditor finds the pipe closed and ends as well.
    """

    def __init__(self) -> None:
        context = get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        other.close()

    def __enter__(self) -> Auditor:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.join()

    def audit(self, path: Path, tables: Iterable[str], expectations: Path, *, floors: bool) -> list[Result]:
        """The results of every expectation on these tables of a closed candidate file.

        Without `floors` no number of rows is too small: the vintage of an early day has few.
        """
        suites = {table: load_suite(expectations, table) for table in tables}
        try:
            self._pipe.send((path, suites, floors))
            answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise ConfigurationError(
                f"the process of the checks has ended (exit code {self._process.exitcode})\n"
                "  to do:    see whether the machine ran out of memory, and run again; nothing was published"
            ) from error
        if isinstance(answer, BaseException):
            raise answer
        results: list[Result] = answer
        return results


def _serve(pipe: Connection) -> None:
    """The auditor's process: load the library, then answer until the build goes away."""
    import great_expectations  # noqa: F401

    with suppress(EOFError, KeyboardInterrupt):
        while True:
            path, suites, floors = pipe.recv()
            try:
                pipe.send(audit_file(path, suites, floors=floors))
            except Exception as error:  # noqa: BLE001 - it is the build that has to tell of it
                pipe.send(error)


def audit_file(path: Path, suites: dict[str, list[dict[str, Any]]], *, floors: bool) -> list[Result]:
    """Validate each table of a DuckDB file against its expectations, in this process."""
    import duckdb
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
    with duckdb.connect(str(path), read_only=True) as connection:
        for table, suite in suites.items():
            expectations = suite if floors else [_without_floor(e) for e in suite]
            batch = whole.get_batch({"dataframe": _read_frame(connection, table)})
            results += _validate(table, expectations, batch)
    return results


def _without_floor(expectation: dict[str, Any]) -> dict[str, Any]:
    if expectation["type"] != ROW_FLOOR:
        return expectation
    return {**expectation, "kwargs": {**expectation["kwargs"], "min_value": 0}}


def _read_frame(connection: Any, table: str) -> pd.DataFrame:
    """A table as a frame. Decimals are read as floats here, for comparisons with limits only."""
    quoted = ", ".join(
        f"cast({row[0]} as double) as {row[0]}" if str(row[1]).startswith("DECIMAL") else row[0]
        for row in connection.execute(
            "select column_name, data_type from information_schema.columns where table_name = ? "
            "order by ordinal_position",
            [table],
        ).fetchall()
    )
    frame: pd.DataFrame = connection.execute(f"select {quoted} from {table}").to_arrow_table().to_pandas()  # noqa: S608
    return frame


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


def failures(results: Iterable[Result], severity: str) -> list[Result]:
    """The expectations of this severity that were not met."""
    return [r for r in results if not r.success and r.severity == severity]
