"""Great Expectations at work: what it finds, what it does not know, what it cannot check."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.tables import TABLES
from fleetstats.quality.auditor import Auditor
from fleetstats.quality.derived import NOT_NULL, derived
from fleetstats.quality.expectations import ROW_FLOOR, Result
from tests.unit.quality.test_derived import Held

FLOOR = {"type": ROW_FLOOR, "kwargs": {"min_value": 1}, "severity": "critical"}
BETWEEN = "expect_column_values_to_be_between"
ROWS = [
    {"events": 0, "lower": 0.0, "upper": 3.7},
    {"events": 1, "lower": float("nan"), "upper": 5.6},  # a database takes it, since it is no null
]


def run(*expectations: dict[str, Any]) -> list[Result]:
    there = Held(poisson_limit=rows_to_table("poisson_limit", ROWS))
    return Auditor().audit(
        there, {"poisson_limit": [*derived(TABLES["poisson_limit"]), FLOOR, *expectations]}
    )


def test_a_table_is_held_to_its_file_and_to_the_dictionary() -> None:
    small = {"column": "upper", "max_value": 5}
    results = run({"type": BETWEEN, "kwargs": small, "severity": "warning"})
    failed = [(r.column_name, r.expectation, r.severity, r.observed) for r in results if not r.success]
    assert failed == [
        ("lower", NOT_NULL, "critical", '{"count": 1, "rows": [{"lower": null, "events": 1}]}'),
        ("upper", BETWEEN, "warning", '{"count": 1, "rows": [{"upper": 5.6, "events": 1}]}'),
    ]
    assert [r.observed for r in results if r.success and r.observed] == ['{"value": 2}']


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"type": "expect_nothing_of_the_kind", "kwargs": {}}, "expect_nothing_of_the_kind"),
        ({"type": BETWEEN, "kwargs": {"colum": "upper"}}, "colum"),
    ],
)
def test_what_the_library_does_not_know_stops_the_build(entry: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        run(entry | {"severity": "critical"})


def test_an_expectation_that_cannot_be_checked_is_critical() -> None:
    result = run({"type": BETWEEN, "kwargs": {"column": "middle", "min_value": 0}, "severity": "warning"})[-1]
    assert (result.column_name, result.success, result.severity) == ("middle", False, "critical")
    assert "error" in json.loads(result.observed or "{}")


def test_the_library_is_loaded_while_the_build_does_other_things() -> None:
    code = (
        "import sys\nfrom fleetstats.quality.auditor import Auditor\n"
        "assert 'great_expectations' not in sys.modules\n"
        "Auditor()._loading.join()\n"
        "assert {'great_expectations', 'fleetstats.quality.kilometres'} <= sys.modules.keys()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
