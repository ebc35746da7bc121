"""What is expected of every table, the results, and the gate.

What the field dictionary says of a table is expected of it (`derived`). The rest, which takes judgement, stands in
the table's file in `expectations/`, with a severity on each. The tables are read back from the candidate itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.schema.tables import TABLES
from fleetstats.quality.derived import COLUMN_SET, derived

SEVERITIES = ("critical", "warning")
ROW_FLOOR = "expect_table_row_count_to_be_between"

Suites = dict[str, list[dict[str, Any]]]
"""The expectations of tables, by name, in the form of their files."""


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


def load_suites(folders: Sequence[Path], tables: Iterable[str], *, floors: bool = True) -> Suites:
    """The expectations of tables, each with its file looked for in every one of these folders.

    Without `floors` no number of rows is too small: the vintage of an early day has few. Raises as `load_stated`.
    """
    found = {table: load_suite(_folder_of(table, folders), table) for table in tables}
    return found if floors else {table: [_without_floor(e) for e in suite] for table, suite in found.items()}


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
