"""What the field dictionary says of a table, as expectations: what a file of `expectations/` need not repeat."""

from __future__ import annotations

from typing import Any

from fleetstats.core.schema.model import Field, Table

COLUMN_SET = "expect_table_columns_to_match_set"
UNIQUE = "expect_column_values_to_be_unique"
UNIQUE_TOGETHER = "expect_compound_columns_to_be_unique"
NOT_NULL = "expect_column_values_to_not_be_null"
BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"
KILOMETRES = "expect_column_pair_values_b_to_be_kilometres_of_a"
"""Our own (`quality/kilometres.py`); the others are Great Expectations'."""


def derived(table: Table) -> list[dict[str, Any]]:
    """The expectations that follow from the dictionary, in the form of a file's; all of them are critical.

    The exact columns; the key, which is unique; no gap where the dictionary allows none; the smallest value and the
    closed list of values of a column; and kilometres that are exactly the miles beside them.
    """
    found: list[dict[str, Any]] = [
        _expect(COLUMN_SET, column_set=table.columns, exact_match=True),
        _expect(UNIQUE, column=table.key[0])
        if len(table.key) == 1
        else _expect(UNIQUE_TOGETHER, column_list=list(table.key)),
    ]
    for field in table.fields:
        if not field.nullable:
            found.append(_expect(NOT_NULL, column=field.name))
        if field.at_least is not None:
            found.append(_expect(BETWEEN, column=field.name, min_value=field.at_least))
        if field.values:
            found.append(_expect(IN_SET, column=field.name, value_set=list(field.values)))
    return [*found, *(_expect(KILOMETRES, column_A=mi, column_B=km) for mi, km in converted(table))]


def converted(table: Table) -> list[tuple[str, str]]:
    """The pairs of columns of a table that give one distance in miles and in kilometres."""
    kilometres = {field.name for field in table.fields if field.type == "km"}
    pairs = [(field.name, _in_kilometres(field)) for field in table.fields if field.type == "mi"]
    return [(mi, km) for mi, km in pairs if km in kilometres]


def _in_kilometres(field: Field) -> str:
    """Units end the name, or stand before what the distance is (`annual_mi_high`); only miles are `_reported`."""
    return field.name.removesuffix("_reported").replace("_mi", "_km")


def _expect(kind: str, **kwargs: Any) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "severity": "critical"}
