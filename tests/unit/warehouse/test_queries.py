"""Statements: names go into the text, values do not, and a text that is typed stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.warehouse.queries import Sql, positional, statement


def test_names_are_put_in_one_by_one_or_as_a_list() -> None:
    made = statement(
        "select {columns} from {table} as t where {condition} order by {key}",
        columns=["operator", "t.month"],
        table="mileage_monthly",
        condition=Sql("operator = $operator"),
        key=("operator",),
    )
    assert made == (
        "select operator, t.month from mileage_monthly as t where operator = $operator order by operator"
    )
    # What was made can be a part of another statement
    assert statement("select * from ({inner}) as q", inner=made) == f"select * from ({made}) as q"


@pytest.mark.parametrize(
    "name", ["", "x; drop table y", "x y", "X", '"x"', "x'", "a.b.c", "x--", "1x", "x)", "名", "x\n"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        statement("select * from {table}", table=name)
    with pytest.raises(ValueError, match="not the name"):
        statement("select {columns} from x", columns=["operator", name])


def test_parameters_are_numbered_in_the_order_in_which_they_come() -> None:
    sql = "select * from m where month <= $until and operator = $operator and issued_on <= $until"
    assert positional(sql, {"operator": "waymo", "until": "2023-09-30"}) == (
        "select * from m where month <= $1 and operator = $2 and issued_on <= $1",
        ["2023-09-30", "waymo"],
    )


def test_nothing_in_a_text_a_quoted_name_or_a_comment_is_a_parameter() -> None:
    sql = """select '$a it''s $a', "$a", x$b -- $a\nfrom t where y = $a and z = $unknown"""
    numbered, values = positional(sql, {"a": 1})
    assert numbered == sql.replace("y = $a", "y = $1")
    assert values == [1]


@given(st.text(st.characters(codec="utf-8")))
def test_a_literal_is_left_alone_whatever_it_says(text: str) -> None:
    literal = "'" + text.replace("'", "''") + "'"
    assert positional(f"select {literal}, $a", {"a": 1}) == (f"select {literal}, $1", [1])
