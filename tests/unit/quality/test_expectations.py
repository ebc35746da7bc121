"""Expectation files: one for every table, each of them whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.core.schema.vocabulary import BOUNDS, INITIATED_BY, LOCATIONS
from fleetstats.core.settings import packaged
from fleetstats.quality.derived import COLUMN_SET, KILOMETRES, derived
from fleetstats.quality.expectations import ROW_FLOOR, SEVERITIES, Result, failures, load_suite

FOLDER = packaged("expectations")
AUDITED = sorted(table.name for table in tables() if table.kind != "ledger" or table.name == "filing_account")

# Of Great Expectations 1.24. A type that it does not know is dropped in silence
KNOWN = set(
    """
    expect_column_distinct_values_to_be_in_set expect_column_distinct_values_to_contain_set
    expect_column_distinct_values_to_equal_set expect_column_max_to_be_between expect_column_mean_to_be_between
    expect_column_min_to_be_between expect_column_pair_values_a_to_be_greater_than_b
    expect_column_pair_values_to_be_equal expect_column_proportion_of_non_null_values_to_be_between
    expect_column_sum_to_be_between expect_column_unique_value_count_to_be_between
    expect_column_value_lengths_to_be_between expect_column_value_lengths_to_equal
    expect_column_values_to_be_between expect_column_values_to_be_in_set expect_column_values_to_be_null
    expect_column_values_to_be_unique expect_column_values_to_match_regex expect_column_values_to_not_be_in_set
    expect_column_values_to_not_be_null expect_column_values_to_not_match_regex
    expect_compound_columns_to_be_unique expect_table_columns_to_match_set expect_table_row_count_to_be_between
    expect_table_row_count_to_equal
    """.split()
)
KEYS = {"type", "kwargs", "severity", "notes", "meta"}
REVIEWED_SETS = {
    "bound": BOUNDS,
    "km_high_bound": BOUNDS,
    "initiated_by": INITIATED_BY,
    "location": LOCATIONS,
}


def suite(table: str) -> list[dict[str, Any]]:
    return load_suite(FOLDER, table)


def columns_of(kwargs: dict[str, Any]) -> set[str]:
    named = {kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs}
    return named | set(kwargs.get("column_list", ())) | set(kwargs.get("column_set", ()))


def test_there_is_a_file_for_every_audited_table_and_no_other() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == AUDITED


@pytest.mark.parametrize("table", AUDITED)
def test_a_file_is_loaded_whole(table: str) -> None:
    stated = json.loads((FOLDER / f"{table}.json").read_text(encoding="utf-8"))["expectations"]
    assert suite(table) == [*derived(TABLES[table]), *stated]
    assert len(suite(table)) >= 3


@pytest.mark.parametrize("table", AUDITED)
def test_an_expectation_is_of_a_known_type_and_has_a_severity(table: str) -> None:
    for expectation in suite(table):
        assert expectation["type"] in {*KNOWN, KILOMETRES}
        assert expectation["severity"] in SEVERITIES
        assert set(expectation) <= KEYS


@pytest.mark.parametrize("table", AUDITED)
def test_an_expectation_is_on_columns_that_the_table_has(table: str) -> None:
    for expectation in suite(table):
        assert columns_of(expectation["kwargs"]) <= set(TABLES[table].columns)


@pytest.mark.parametrize("table", AUDITED)
def test_the_row_floor_and_the_column_set_block_publication(table: str) -> None:
    severities = {e["type"]: e["severity"] for e in suite(table)}
    assert severities[ROW_FLOOR] == severities[COLUMN_SET] == "critical"


@pytest.mark.parametrize("table", AUDITED)
def test_the_key_of_a_table_is_expected_to_be_unique(table: str) -> None:
    keys = [
        sorted(columns_of(e["kwargs"]))
        for e in suite(table)
        if e["type"] in ("expect_compound_columns_to_be_unique", "expect_column_values_to_be_unique")
    ]
    assert any(set(key) <= set(TABLES[table].key) for key in keys)


@pytest.mark.parametrize("table", AUDITED)
def test_no_expectation_is_stated_twice(table: str) -> None:
    stated = [json.dumps([e["type"], e["kwargs"]], sort_keys=True) for e in suite(table)]
    assert len(stated) == len(set(stated))


@pytest.mark.parametrize("table", AUDITED)
def test_a_set_of_codes_is_the_one_of_the_dictionary(table: str) -> None:
    for expectation in suite(table):
        kwargs = expectation["kwargs"]
        if expectation["type"] == "expect_column_values_to_be_in_set" and kwargs["column"] in REVIEWED_SETS:
            assert set(kwargs["value_set"]) <= set(REVIEWED_SETS[kwargs["column"]])


@pytest.mark.parametrize("table", [t for t in AUDITED if TABLES[t].kind == "crosscheck"])
def test_a_cross_check_expects_nothing_unexplained(table: str) -> None:
    assert any(e["kwargs"] == {"column": "unexplained", "value_set": [0]} for e in suite(table))


# Suites that cannot be used

FLOOR = {"type": ROW_FLOOR, "kwargs": {"min_value": 1}, "severity": "critical"}
RANGE = {
    "type": "expect_column_values_to_be_between", "kwargs": {"column": "upper", "max_value": 1e9},
    "severity": "warning",
}  # fmt: skip
FOLLOWING = derived(TABLES["poisson_limit"])


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Loads a suite of the table poisson_limit."""

    def run(expectations: list[dict[str, Any]], **others: Any) -> list[dict[str, Any]]:
        suite = {"name": "poisson_limit", "expectations": expectations} | others
        (tmp_path / "poisson_limit.json").write_text(json.dumps(suite), encoding="utf-8")
        return load_suite(tmp_path, "poisson_limit")

    return run


def test_a_floor_is_enough(load: Callable[..., list[dict[str, Any]]]) -> None:
    assert load([FLOOR]) == [*FOLLOWING, FLOOR]


def test_a_table_may_be_empty_where_a_reason_is_given(load: Callable[..., list[dict[str, Any]]]) -> None:
    empty = FLOOR | {"kwargs": {"min_value": 0}}
    assert load([empty], may_be_empty="no corrections yet") == [*FOLLOWING, empty]
    with pytest.raises(ConfigurationError, match="row floors"):
        load([empty])


@pytest.mark.parametrize(
    ("expectations", "says"),
    [
        ([], "row floors"),
        ([RANGE], "row floors"),
        ([FLOOR, FLOOR], "row floors"),
        ([FLOOR | {"kwargs": {}}], "row floors"),
        ([FLOOR, RANGE | {"severity": "fatal"}], "severity fatal"),
        ([FLOOR, {"type": RANGE["type"], "kwargs": RANGE["kwargs"]}], "severity None"),
        *(([FLOOR, one], "only what does not follow from the field dictionary") for one in FOLLOWING),
        (
            [FLOOR, {"type": COLUMN_SET, "kwargs": {"column_set": ["events"]}, "severity": "critical"}],
            "only what does not follow",
        ),
    ],
)
def test_a_suite_that_would_let_something_through_is_refused(
    load: Callable[..., list[dict[str, Any]]], expectations: list[dict[str, Any]], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        load(expectations)
    assert str(tmp_path / "poisson_limit.json") in str(caught.value)


def test_a_suite_of_another_table_is_refused(load: Callable[..., list[dict[str, Any]]]) -> None:
    with pytest.raises(ConfigurationError, match="name operator"):
        load([FLOOR], name="operator")


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff", b"null", b'{"name": "poisson_limit"}'])
def test_a_file_that_is_missing_or_no_suite_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "poisson_limit.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match="expectations that cannot be used"):
        load_suite(tmp_path, "poisson_limit")


# Once: AttributeError for an entry that is no mapping
@pytest.mark.parametrize(
    "entry", [{"severity": "critical"}, {"type": ROW_FLOOR, "severity": "critical"}, "a text"]
)
def test_an_entry_that_is_no_expectation_is_refused(load: Callable[..., Any], entry: Any) -> None:
    with pytest.raises(ConfigurationError):
        load([FLOOR, entry])


def test_failures_are_those_of_one_severity() -> None:
    def result(severity: str, success: bool) -> Result:
        return Result("operator", "expect_x", "name_en", "{}", severity, success, None)

    results = [result(s, ok) for s in SEVERITIES for ok in (True, False)]
    assert failures(results, "critical") == [result("critical", False)]
    assert failures(results, "warning") == [result("warning", False)]
    assert "operator.name_en: expect_x" in results[0].says
    assert set(results[0].row("run-1")) == set(TABLES["check_result"].columns)
