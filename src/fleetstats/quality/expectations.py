"""What is expected of every table, the results, and the gate.

What the field dictionary says of a table is expected of it (`derived`). The rest, which takes judgement, stands in the
table's file in `expectations/`, with a severity on each expectation. The tables are read back from the candidate itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fleetstats
from fleetstats.core import errors
from fleetstats.core.errors import ConfigurationError, FleetstatsError
from fleetstats.core.schema.tables import TABLES
from fleetstats.quality.derived import COLUMN_SET, derived

if TYPE_CHECKING:
    from fleetstats.core.settings import Settings

SEVERITIES = ("critical", "warning")
ROW_FLOOR = "expect_table_row_count_to_be_between"


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
    """The expectations of a table: those that follow from the field dictionary, then those of its file.

    Raises `ConfigurationError` as `load_stated` does.
    """
    return [*derived(TABLES[table]), *load_stated(folder, table)]


def load_stated(folder: Path, table: str) -> list[dict[str, Any]]:
    """The expectations of a table as its file states them.

    Raises `ConfigurationError` for a missing file, one of another table, an unknown severity, a suite without a row
    floor, and an expectation that follows from the field dictionary.
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
    follows = [(e["type"], e["kwargs"]) for e in derived(TABLES[table])]
    for expectation in expectations:
        if not isinstance(expectation, dict):
            raise wrong(repr(expectation), "a mapping with type, kwargs and severity")
        if not isinstance(expectation.get("type"), str) or not isinstance(expectation.get("kwargs"), dict):
            raise wrong(json.dumps(expectation), "type and kwargs in every expectation")
        if expectation.get("severity") not in SEVERITIES:
            raise wrong(f"severity {expectation.get('severity')}", " or ".join(SEVERITIES))
        if (expectation["type"], expectation["kwargs"]) in follows or expectation["type"] == COLUMN_SET:
            raise wrong(json.dumps(expectation), "only what does not follow from the field dictionary")
    floors = [e["kwargs"].get("min_value", 0) for e in expectations if e["type"] == ROW_FLOOR]
    if len(floors) != 1 or (floors[0] < 1 and "may_be_empty" not in suite):
        raise wrong(f"row floors {floors}", "one of at least 1, or a reason in may_be_empty")
    return expectations


# Why a process of its own, with figures: quality/auditor.py
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from fleetstats.quality.auditor import main; main()"


class Auditor:
    """Audits candidates in a process of its own, which begins to load its library at once.

    Two pipes join the two: when a build is killed, its auditor finds them closed and ends as well.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            # Isolated: a file in the current folder cannot stand in a library's place
            [sys.executable, "-I", "-c", _START, json.dumps(_import_path())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Auditor:
        return self

    def __exit__(self, *_: object) -> None:
        """End the process: it has answered, or its answer is no longer wanted."""
        self._process.kill()
        with self._process:
            pass

    def audit(
        self,
        settings: Settings,
        tables: Iterable[str],
        expectations: Path,
        *,
        run_id: str | None = None,
        as_of: date | None = None,
    ) -> list[Result]:
        """The results of every expectation on these tables of the closed candidate of a run, or of what is published.

        With `as_of` no number of rows is too small: the vintage of an early day has few. Raises what prevented the audit.
        """
        suites = {
            table: suite if as_of is None else [_without_floor(e) for e in suite]
            for table, suite in ((table, load_suite(expectations, table)) for table in tables)
        }
        url = settings.warehouse_url
        request = {
            "home": str(settings.home),
            "warehouse_url": None if url is None else url.get_secret_value(),
            "as_of": None if as_of is None else as_of.isoformat(),
            "run_id": run_id,
            "suites": suites,
        }
        answer = self._ask(json.dumps(request))
        if "results" in answer:
            return [Result(**result) for result in answer["results"]]
        kind = getattr(errors, answer["error"], None)
        if isinstance(kind, type) and issubclass(kind, FleetstatsError):
            raise kind(answer["says"])
        raise RuntimeError(answer["says"])

    def _ask(self, request: str) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("the process has no pipes")
        try:
            with self._process.stdin as pipe:
                pipe.write(request.encode())
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"the process of the checks has ended (exit code {self._process.wait()})\n"
                "  to do:    see whether the machine ran out of memory, and run again; nothing was published"
            ) from error
        return answer


def _import_path() -> list[str]:
    """Where this process imports from, but for the current folder."""
    own = str(Path(fleetstats.__file__).resolve().parents[1])
    return [own, *(path for path in sys.path if path and path not in (own, os.getcwd()))]


def _without_floor(expectation: dict[str, Any]) -> dict[str, Any]:
    if expectation["type"] != ROW_FLOOR:
        return expectation
    return {**expectation, "kwargs": {**expectation["kwargs"], "min_value": 0}}


def failures(results: Iterable[Result], severity: str) -> list[Result]:
    """The expectations of this severity that were not met."""
    return [r for r in results if not r.success and r.severity == severity]
