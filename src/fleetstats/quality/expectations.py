"""What is expected of every table, the results, and the gate.

Every table has its file in `expectations/`, with a severity on each expectation. The tables are read back from
the candidate file itself. A second process imports the library while the first one reads filings, since
that import takes longer than the whole audit.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.schema.tables import TABLES
from fleetstats.warehouse.base import OpenTables

SEVERITIES = ("critical", "warning")
ROW_FLOOR = "expect_table_row_count_to_be_between"
COLUMN_SET = "expect_table_columns_to_match_set"


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
    """Audits candidates in a process of its own, which begins to load its library at once.

    Two pipes join the two: when a build is killed, its auditor finds them closed and ends as well.
    """

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fleetstats.quality.auditor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )

    def __enter__(self) -> Auditor:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._process.kill()
        self._process.communicate()

    def audit(
        self, candidate: OpenTables, tables: Iterable[str], expectations: Sequence[Path], *, floors: bool
    ) -> list[Result]:
        """The results of every expectation on these tables of a closed candidate.

        A table's file is looked for in each folder of `expectations`.

        Without `floors` no number of rows is too small: the vintage of an early day has few.
        """
        suites = {
            table: suite if floors else [_without_floor(e) for e in suite]
            for table, suite in (
                (table, load_suite(_folder_of(table, expectations), table)) for table in tables
            )
        }
        try:
            answer, _ = self._process.communicate(
                pickle.dumps((candidate, suites, {name: TABLES[name] for name in suites}))
            )
            results: list[Result] | BaseException = pickle.loads(answer)  # noqa: S301 - our own process
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise ConfigurationError(
                f"the process of the checks has ended (exit code {self._process.returncode})\n"
                "  to do:    see whether the machine ran out of memory, and run again; nothing was published"
            ) from error
        if isinstance(results, BaseException):
            raise results
        return results


def _folder_of(table: str, folders: Sequence[Path]) -> Path:
    """The folder that has a table's file; the first one where none has."""
    return next((folder for folder in folders if (folder / f"{table}.json").exists()), folders[0])


def _without_floor(expectation: dict[str, Any]) -> dict[str, Any]:
    if expectation["type"] != ROW_FLOOR:
        return expectation
    return {**expectation, "kwargs": {**expectation["kwargs"], "min_value": 0}}


def failures(results: Iterable[Result], severity: str) -> list[Result]:
    """The expectations of this severity that were not met."""
    return [r for r in results if not r.success and r.severity == severity]
