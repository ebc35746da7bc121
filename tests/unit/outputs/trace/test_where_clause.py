"""A stranger's condition: what is one expression on a table's columns is run, and nothing else is."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from fleetstats.core.errors import BadArgument
from fleetstats.core.schema.tables import TABLES
from fleetstats.outputs.trace.where_clause import parse_condition

TABLE = TABLES["mileage_quarterly"]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("operator='waymo' and quarter='2022Q3'", ("operator", "quarter")),
        ("not (quarter like '2022%') or operator in ('a', 'b')", ("quarter", "operator")),
        ("quarter_start >= date '2022-01-01'", ("quarter_start",)),
        ("extract(year from quarter_start) = 2022 and months between 1 and 1.5e3", ("quarter_start", "months")),
        ("substring(quarter from 5 for 2) = 'Q3' and lower(operator) ilike 'W%'", ("quarter", "operator")),
        ("scope is not null -- and bound = 'exact'", ("scope",)),
        ("distance_km > -5 and true", ("distance_km",)),
    ],
)  # fmt: skip
def test_an_expression_is_understood_with_its_columns(text: str, columns: tuple[str, ...]) -> None:
    found = parse_condition(text, TABLE)
    assert found.columns == columns
    assert "--" not in found.sql
    assert "main." not in found.sql
    # Every value that it names is a parameter, and no text of it is left
    assert set(re.findall(r"\$(\w+)", found.sql)) == set(found.parameters)
    assert "'" not in found.sql


@pytest.mark.parametrize(
    "text",
    ["operator = 'o''x'", "operator = E'\\'; drop table x; --'", "operator = '\"'", "operator = '); drop table x'",
     "operator = ' WHERE 1 = 1'", "operator = '百度'", "operator = 'a\nb'", "operator = '\\'"],
)  # fmt: skip
def test_a_text_stays_a_text(text: str) -> None:
    found = parse_condition(text, TABLE)
    assert found.columns == ("operator",)
    assert found.sql == '("operator" = $value_1)'
    assert found.parameters == {"value_1": duckdb.sql(f"select {text.partition(' = ')[2]}").fetchall()[0][0]}


@pytest.mark.parametrize(
    "text",
    [
        "1=1; drop table mileage_quarterly", "1=1) union select 1 from (select 2", "1=1) limit (5", "1=1) -- (",
        "operator in (select content from read_text('/etc/passwd'))", "exists (select 1 from read_csv('/etc/passwd'))",
        "(select count(*) from 'other.csv') > 0", "read_text('/etc/passwd') = 'x'", "getenv('HOME') = 'x'",
        "set_config('role', 'postgres', false) = 'x'", "current_setting('role') = 'x'", "pg_sleep(10) is null",
        "pg_read_file('/etc/passwd') = 'x'", "lo_import('/etc/passwd') = 1", "nextval('s') = 1", "version() = 'x'",
        "operator::regclass = 1", "try_cast(operator as integer) = 1", "sum(distance_km) > 1", "count(*) > 1",
        "row_number() over () = 1", "? = 1", "$1 = 2", "[1] = [1]", "{'a': 1}.a = 1", "columns(*) = 1",
        "case when 1 = 1 then true end", "operator ~ '(a+)+$'", "operator similar to 'a'",
        "operator collate \"C\" = 'a'",
        "operator = 'a' group by 1", "operator = 'a' order by 1", "operator = 'a'; select 1", "'a' = 'b", "/* x", "",
        "   ", "operator = 'a\0'", "x" * 5000, "1=1 and (" * 1500,
    ],
)  # fmt: skip
def test_whatever_else_it_is_it_is_refused(text: str) -> None:
    with pytest.raises(BadArgument, match="not one expression"):
        parse_condition(text, TABLE)


@pytest.mark.parametrize(
    "text", ["company = 'x'", 'operator = "waymo"', "filing.sha256 = 'x'", "operator = current_user"]
)
def test_a_column_that_the_table_has_not_is_named_with_those_it_has(text: str) -> None:
    with pytest.raises(BadArgument, match="mileage_quarterly has no column") as caught:
        parse_condition(text, TABLE)
    assert "operator, scope, quarter" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("months = 3", 3), ("months = -3", -3), ("months = 9223372036854775808", 2**63),
        ("distance_km > 1.50", Decimal("1.50")), ("distance_km > 1e3", 1000.0),
        ("distance_km > 0.0000000001", Decimal("0.0000000001")),
        ("distance_km = 12345678901234567890.123456789012345678", Decimal("12345678901234567890.123456789012345678")),
        ("operator = '$value_1'", "$value_1"),
    ],
)  # fmt: skip
def test_a_value_is_the_one_that_was_written(text: str, value: Any) -> None:
    found = parse_condition(text, TABLE)
    assert list(found.parameters.values()) == [value]
    assert type(found.parameters["value_1"]) is type(value)
