"""A condition that a stranger gives: one expression on the columns of one table, and nothing else.

It is parsed, not searched for bad words: what is not a comparison, a list, a pattern, a plain function or one of these
joined by and, or, not is refused. What is run is written anew from what was understood, its values as parameters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from fleetstats.core.errors import BadArgument, shorten
from fleetstats.core.schema.model import Table
from fleetstats.outputs.trace.conditions import Condition
from fleetstats.warehouse.queries import Sql, statement

_LONGEST = 4000
_LITERALS = {"CONSTANT", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "BETWEEN", "OPERATOR", "CAST", "FUNCTION"}
_OPERATORS = {
    "COMPARE_IN", "COMPARE_NOT_IN", "OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_COALESCE",
}  # fmt: skip
_FUNCTIONS = {
    "~~", "!~~", "~~*", "!~~*", "+", "-", "*", "/", "||", "lower", "upper", "abs", "round", "length", "substring",
    "date_part",
}  # fmt: skip
_TYPES = {"DATE", "VARCHAR", "INTEGER", "BIGINT", "DOUBLE", "BOOLEAN", "DECIMAL"}
_CONSTANTS = {"VARCHAR", "INTEGER", "BIGINT", "HUGEINT", "UHUGEINT", "DECIMAL", "DOUBLE", "BOOLEAN"}
_PLAIN: dict[str, Any] = {  # A SELECT of one table with a condition has these, and each of them empty
    "modifiers": [], "group_expressions": [], "group_sets": [], "having": None, "sample": None, "qualify": None,
}  # fmt: skip


def parse_condition(text: str, table: Table) -> Condition:
    """What `text` says about the rows of `table`, for both databases.

    Raises `BadArgument` for anything but one expression on its columns, and for a column that it has not.
    """
    if len(text) > _LONGEST or not text.strip() or "\0" in text:
        raise _refused(text, f"nothing, more than {_LONGEST:,} characters, or a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise _refused(text, "text that is not UTF-8")
    import duckdb

    # In memory and locked: parsing reads no table, and could reach no file
    with duckdb.connect(
        config={"enable_external_access": "false", "lock_configuration": "true"}
    ) as connection:
        try:
            # Parsed, not run
            query = statement("select 1 from {table} where (\n{text}\n)", table=table.name, text=Sql(text))
            [[said]] = connection.execute("select json_serialize_sql(?)", [query]).fetchall()
            tree = json.loads(said)
            if tree["error"]:
                raise _refused(text, tree["error_message"])
            said_of = _condition_of(tree, table, text)
            columns = tuple(dict.fromkeys(_columns(said_of, table, text)))
            parameters: dict[str, Any] = {}
            _take_values(said_of, parameters, text)
            [[again]] = connection.execute("select json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()
        except (duckdb.Error, ValueError, KeyError, RecursionError) as error:
            raise _refused(text, shorten(str(error), 200)) from error
    _, where, condition = str(again).partition(" WHERE ")
    if not where:
        raise _refused(text, "no condition")
    return Condition(Sql(condition.strip().rstrip(";")), parameters, columns)


def _condition_of(tree: dict[str, Any], table: Table, text: str) -> dict[str, Any]:
    statements = tree["statements"]
    node: dict[str, Any] = statements[0]["node"] if len(statements) == 1 else {"type": "several"}
    if (
        node["type"] != "SELECT_NODE"
        or any(node.get(key, empty) != empty for key, empty in _PLAIN.items())
        or node["cte_map"]["map"]
        or node["from_table"]["type"] != "BASE_TABLE"
        or node["from_table"]["table_name"] != table.name
        or len(node["select_list"]) != 1
    ):
        raise _refused(text, "more than an expression")
    condition: dict[str, Any] = node["where_clause"]
    return condition


def _columns(node: dict[str, Any], table: Table, text: str) -> Iterator[str]:
    """The columns that an expression names; `BadArgument` for a part that is not allowed."""
    kind = node["class"]
    if kind not in _LITERALS:
        raise _refused(text, f"a {kind.lower()}")
    if kind == "OPERATOR" and node["type"] not in _OPERATORS:
        raise _refused(text, f"the operator {node['type']}")
    if kind == "FUNCTION":
        if node["function_name"] not in _FUNCTIONS or node.get("filter") is not None:
            raise _refused(text, f"the function {node['function_name']}")
        node["schema"] = node["catalog"] = ""  # DuckDB's name of it, which PostgreSQL has not
    if kind == "CAST" and (node["cast_type"]["id"] not in _TYPES or node["try_cast"]):
        raise _refused(text, f"a cast to {node['cast_type']['id']}")
    if kind == "COLUMN_REF":
        name = node["column_names"][-1]
        if len(node["column_names"]) != 1 or name not in table.columns:
            raise BadArgument(
                f"{table.name} has no column {shorten('.'.join(node['column_names']), 80)}\n"
                f"  expected: {', '.join(table.columns)}\n"
                "  to do:    write texts in single quotes: operator = 'waymo'"
            )
        yield name
    for child in _children(node):
        yield from _columns(child, table, text)


def _children(node: dict[str, Any]) -> list[dict[str, Any]]:
    parts = [node[key] for key in ("left", "right", "input", "lower", "upper", "child") if node.get(key)]
    return [*parts, *node.get("children", ())]


def _take_values(node: dict[str, Any], parameters: dict[str, Any], text: str) -> None:
    """Put a parameter in the place of every value of an expression; null stays, being none."""
    if node["class"] == "CONSTANT":
        if not node["value"]["is_null"]:
            name = f"value_{len(parameters) + 1}"
            parameters[name] = _value(node["value"], text)
            node |= {"class": "PARAMETER", "type": "VALUE_PARAMETER", "identifier": name}
            del node["value"]
        return
    for child in _children(node):
        _take_values(child, parameters, text)


def _value(constant: dict[str, Any], text: str) -> Any:
    """A constant as DuckDB's parser gives it: decimals as whole numbers with a scale, large integers in two halves."""
    kind, value = constant["type"]["id"], constant["value"]
    if kind not in _CONSTANTS:
        raise _refused(text, f"a value of type {kind}")
    if isinstance(value, dict):
        value = (value["upper"] << 64) | value["lower"]
    if kind == "DECIMAL":
        return Decimal(f"{value}e-{constant['type']['type_info']['scale']}")
    return value


def _refused(text: str, found: str) -> BadArgument:
    return BadArgument(
        f"a condition that is not one expression: {shorten(text, 200)}\n"
        f"  found:    {found}\n"
        "  expected: comparisons of columns, joined by and, or, not: operator = 'waymo' and quarter = '2022Q3'"
    )
