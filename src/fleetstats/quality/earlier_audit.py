"""What the audit of the current publication found: of a table that holds the same, the same is true.

A table is the same where the checksum over its rows is, and so is everything that decides on it: its expectations, our
code that checks them, and the library.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleetstats.core.code import code_sha256
from fleetstats.core.schema.tables import TABLES
from fleetstats.quality.expectations import Result, Suites
from fleetstats.warehouse.base import State, Tables, Warehouse
from fleetstats.warehouse.checksums import Content

_CHECKING = ("fleetstats.quality.auditor", "fleetstats.quality.kilometres")
_LIBRARIES = ("great-expectations", "pandas", "numpy", "pyarrow")


@dataclass(frozen=True)
class EarlierAudit:
    """The results of one audit by table, each with what the table held and what was expected of it."""

    audited: Mapping[str, tuple[str, str]]
    results: Mapping[str, list[Result]]

    @classmethod
    def of(cls, warehouse: Warehouse, state: State | None) -> EarlierAudit:
        """The audit of a publication, as the ledgers have it; an empty one without."""
        if state is None:
            return cls({}, {})
        results: dict[str, list[Result]] = {}
        for row in warehouse.recorded("check_result", state.run_id):
            result = Result(**{name: value for name, value in row.items() if name != "run_id"})
            results.setdefault(result.table_name, []).append(result)
        tables = warehouse.recorded("audited_table", state.run_id)
        return cls(
            {row["table_name"]: (row["content_checksum"], row["expectations_sha256"]) for row in tables},
            results,
        )

    def still_true(self, table: str, content: Content, expectations: list[dict[str, Any]]) -> list[Result]:
        """The results for a table that holds what it held, none where it has to be audited.

        What was not met is checked again, so that it is said in full.
        """
        known = self.audited.get(table)
        if known != (content.checksum, expectations_sha256(expectations)):
            return []
        found = self.results.get(table, [])
        return found if len(found) == len(expectations) and all(result.success for result in found) else []


def expectations_sha256(expectations: list[dict[str, Any]]) -> str:
    """A hash over the expectations of a table, and over what checks them."""
    said = json.dumps(expectations, sort_keys=True)
    return hashlib.sha256(f"{_checking_sha256()}\0{said}".encode()).hexdigest()


@functools.cache
def _checking_sha256() -> str:
    return code_sha256(_CHECKING, libraries=_LIBRARIES)


def content_columns(there: Tables, table: str) -> list[str]:
    """The columns that are compared: of a ledger all but those that name the run."""
    columns = there.tables()[table]
    return [name for name in columns if name != "run_id" or TABLES[table].kind != "ledger"]


def audited_rows(run_id: str, suites: Suites, contents: Mapping[str, Content]) -> list[dict[str, Any]]:
    """The rows of the ledger `audited_table`: what each table held when it was audited."""
    return [
        {
            "run_id": run_id,
            "table_name": table,
            "row_count": contents[table].rows,
            "content_checksum": contents[table].checksum,
            "expectations_sha256": expectations_sha256(expectations),
        }
        for table, expectations in suites.items()
    ]
