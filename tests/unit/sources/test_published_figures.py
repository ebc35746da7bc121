"""Figures transcribed from publications: placed, converted, dated, and verified where they are derived."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.core.errors import BadInput
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.schema.vocabulary import BOUNDS
from fleetstats.core.units import mi_to_km
from fleetstats.sources.published_figures import PREFERENCE, read_figures
from fleetstats.sources.staged import Context, Staged

COLUMNS = (
    "figure company category measure segment region period as_of value unit bound confidence status printed "
    "published_on title url derived_from note"
).split()
SCOPES = """\
company,category,measure,scope,area,published_as,subset,note
*,通用技术测试,cumulative_km,bjrt_general_test,beijing,cumulative_km,,
*,,quarter_orders,public_rides,,quarter_orders,,
Waymo,,quarter_orders,waymo_rides_us,,quarter_rides,,
"""
CHOICES = "figure,over,reason,reviewed_on\nf-2,f-1,to the kilometre,2026-11-23\n"
PLAIN = {
    "figure": "f-1",
    "company": "Apollo Go",
    "measure": "quarter_orders",
    "period": "2023Q3",
    "value": "821000",
    "unit": "orders",
    "bound": "exact",
    "confidence": "high",
    "published_on": "2023-11-21",
}
Figures = Callable[..., Staged]


@pytest.fixture(scope="session")
def figures(make_context: Callable[..., Context], as_csv: Callable[..., bytes]) -> Figures:
    """Reads figures, each given by what differs from a plain one."""

    def read(*changes: dict[str, str], choices: str = CHOICES, scopes: str = SCOPES) -> Staged:
        rows = [
            [(PLAIN | {"figure": f"f-{n}"} | c).get(k, "") for k in COLUMNS] for n, c in enumerate(changes, 1)
        ]
        return read_figures(
            make_context(
                "robotaxi_orders",
                "apollo-go",
                as_csv([COLUMNS, *rows]),
                reviewed={"scopes.csv": scopes, "choices.csv": choices},
                transcribed=True,
            )
        )

    return read


def rows_of(staged: Staged) -> dict[str, dict[str, Any]]:
    return {row["figure"]: row for row in staged.tables["published_figure"].to_pylist()}


def test_a_figure_is_kept_with_its_citation_and_place(figures: Figures) -> None:
    staged = figures({"printed": "82.1万", "title": "A page", "url": "https://example.org", "note": "n"})
    row = rows_of(staged)["f-1"]
    assert (row["source"], row["filing"], row["record"]) == (
        "robotaxi_orders",
        "robotaxi_orders/apollo-go",
        2,
    )
    assert (row["operator"], row["scope"], row["measure"]) == ("baidu", "public_rides", "quarter_orders")
    assert (row["period_start"], row["period_end"], row["as_of"]) == (
        date(2023, 7, 1),
        date(2023, 9, 30),
        None,
    )
    assert (row["value"], row["unit"], row["distance_km"]) == (821000, "orders", None)
    assert (row["issued_on"], row["issued_on_estimated"]) == (date(2023, 11, 21), False)
    assert (row["printed"], row["title_printed"], row["url"]) == ("82.1万", "A page", "https://example.org")
    assert staged.tables["published_figure"].schema == TABLES["published_figure"].arrow_schema()
    assert (staged.records_read, staged.records_loaded, staged.unaccounted) == (1, 1, 0)


def test_miles_get_kilometres_and_kilometres_stay(figures: Figures) -> None:
    rows = rows_of(figures({"unit": "mi", "value": "10.5"}, {"unit": "km", "value": "10.5"}))
    assert rows["f-1"]["distance_km"] == mi_to_km(Decimal("10.5"))
    assert rows["f-2"]["distance_km"] == rows["f-2"]["value"] == Decimal("10.5")


def test_a_state_gets_its_day_and_never_one_after_the_issue(figures: Figures) -> None:
    base = {"category": "通用技术测试", "measure": "cumulative_km", "unit": "km", "period": ""}
    row = rows_of(figures(base | {"as_of": "2023-11", "published_on": "2023-11-21"}))["f-1"]
    assert (row["as_of"], row["period_start"], row["area"]) == (date(2023, 11, 21), None, "beijing")


def test_a_line_for_the_company_goes_before_the_line_for_all(figures: Figures) -> None:
    row = rows_of(figures({"company": "Waymo"}))["f-1"]
    assert (row["scope"], row["measure"]) == ("waymo_rides_us", "quarter_rides")


def test_a_reviewed_choice_comes_first_and_says_why(figures: Figures) -> None:
    rows = rows_of(figures({}, {"confidence": "unsourced"}, {"confidence": "claim"}))
    assert [(r["preference"], r["choice_reason"]) for r in rows.values()] == [
        (1, None),
        (0, "to the kilometre"),
        (9, None),
    ]


@pytest.mark.parametrize("confidence", PREFERENCE)
def test_without_a_choice_the_confidence_ranks(figures: Figures, confidence: str) -> None:
    assert rows_of(figures({"confidence": confidence}))["f-1"]["preference"] == PREFERENCE[confidence]


def test_a_low_row_is_set_aside_as_expected_with_its_note(figures: Figures) -> None:
    staged = figures(
        {}, {"confidence": "low", "note": "two years in one", "value": "anything", "company": "?"}
    )
    [rejected] = staged.rejected
    assert (rejected.record, rejected.expected) == (3, True)
    assert "two years in one" in rejected.reason
    assert list(rows_of(staged)) == ["f-1"]
    assert (staged.records_read, staged.records_loaded, staged.unaccounted) == (2, 1, 0)


def test_an_empty_value_that_was_filed_so_is_null_not_zero(figures: Figures) -> None:
    row = rows_of(figures({"value": "", "status": "filed_empty", "unit": "mi"}))["f-1"]
    assert (row["value"], row["distance_km"], row["status"]) == (None, None, "filed_empty")


# Derived figures


@given(st.lists(st.tuples(st.sampled_from("+-"), st.integers(0, 10**12)), min_size=1, max_size=6))
def test_a_sum_that_comes_out_is_loaded_and_any_other_stops(
    figures: Figures, terms: list[tuple[str, int]]
) -> None:
    total = sum(v if sign == "+" else -v for sign, v in terms)
    if total < 0:
        terms, total = [("-" if s == "+" else "+", v) for s, v in terms], -total

    def decimal(digits: int) -> str:
        return f"{Decimal(digits).scaleb(-4):f}"

    inputs = [{"value": decimal(v)} for _, v in terms]
    keys = " ".join(f"{sign}f-{n}" for n, (sign, _) in enumerate(terms, 2))
    derived = {"confidence": "derived", "bound": "derived", "derived_from": keys}
    assert rows_of(figures({**derived, "value": decimal(total)}, *inputs))["f-1"]["value"] == Decimal(
        decimal(total)
    )
    with pytest.raises(BadInput) as caught:
        figures({**derived, "value": decimal(total + 1)}, *inputs)
    assert (caught.value.record, caught.value.column) == (2, "value")
    assert "the sum of its inputs" in str(caught.value)


def test_a_share_of_another_figure_is_not_summed(figures: Figures) -> None:
    derived = {"confidence": "derived", "derived_from": "~f-1", "value": "136833", "published_on": ""}
    row = rows_of(figures({}, derived))["f-2"]
    assert (row["value"], row["derived_from"]) == (136833, "~f-1")


def test_a_derived_figure_is_known_once_the_last_of_its_inputs_is(figures: Figures) -> None:
    rows = rows_of(
        figures(
            {"value": "1", "published_on": "2023-11-21"},
            {"value": "2", "published_on": "2024-03"},
            {
                "value": "3",
                "confidence": "derived",
                "derived_from": "+f-1 +f-2",
                "published_on": "2020-01-01",
            },
        )
    )
    assert (rows["f-3"]["issued_on"], rows["f-3"]["issued_on_estimated"]) == (date(2024, 3, 31), True)


def test_a_figure_derived_from_a_derived_one_before_it_is_known_with_it(figures: Figures) -> None:
    rows = rows_of(
        figures(
            {"value": "1", "published_on": "2024-03-05"},
            {"value": "1", "confidence": "derived", "derived_from": "+f-1", "published_on": "2023-10-01"},
            {"value": "1", "confidence": "derived", "derived_from": "+f-2", "published_on": "2023-10-01"},
        )
    )
    assert rows["f-3"]["issued_on"] == date(2024, 3, 5)


# Once: derived rows are dated in the order of the file, so one that stands before its derived input gets the date
# printed beside that input (2023-10-01) instead of the day of the input's own inputs
def test_a_figure_derived_from_a_derived_one_after_it_is_known_with_it(figures: Figures) -> None:
    rows = rows_of(
        figures(
            {"value": "1", "confidence": "derived", "derived_from": "+f-2", "published_on": "2023-10-01"},
            {"value": "1", "confidence": "derived", "derived_from": "+f-3", "published_on": "2023-10-01"},
            {"value": "1", "published_on": "2024-03-05"},
        )
    )
    assert rows["f-1"]["issued_on"] == date(2024, 3, 5)


@pytest.mark.parametrize("word", ["+f-9", "f-2", "*f-2", "+", "+f-3", "+f-4"])
def test_an_input_that_is_no_loaded_figure_stops(figures: Figures, word: str) -> None:
    with pytest.raises(BadInput) as caught:
        figures(
            {"confidence": "derived", "derived_from": word},
            {},
            {"confidence": "low"},
            {"value": "", "status": "filed_empty"},
        )
    assert (caught.value.record, caught.value.column, caught.value.found) == (2, "derived_from", word)


# What cannot be loaded


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"value": "12万"}, "value"),
        ({"value": "1,234"}, "value"),
        ({"value": "-1"}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": "Infinity"}, "value"),
        ({"value": "0.1234567891"}, "value"),
        ({"value": ""}, "value"),
        ({"bound": "about"}, "bound"),
        ({"bound": ""}, "bound"),
        ({"confidence": "sure"}, "confidence"),
        ({"period": "2023Q5"}, "period, as_of"),
        ({"period": "", "as_of": "soon"}, "period, as_of"),
        ({"period": ""}, "period, as_of"),
        ({"published_on": "last week"}, "published_on"),
        ({"figure": "f-1"}, "figure"),
        ({"company": "Nobody"}, "company"),
        ({"category": "unheard of"}, "category, measure"),
    ],
)
def test_a_bad_cell_stops_with_its_record_and_column(
    figures: Figures, change: dict[str, str], column: str
) -> None:
    with pytest.raises(BadInput) as caught:
        figures({}, change)
    assert (caught.value.record, caught.value.column) == (3, column)
    assert caught.value.file == "robotaxi_orders/apollo-go: file.csv"


# Once: decimal accepts 1_000 as 1000
def test_an_underscore_is_no_part_of_a_plain_number(figures: Figures) -> None:
    with pytest.raises(BadInput):
        figures({"value": "1_000"})


# Once: pyarrow.lib.ArrowInvalid, since the size of a value is tested nowhere
@pytest.mark.parametrize("value", ["1e30", "1" * 20])
def test_a_value_too_long_for_its_column_stops_with_its_record(figures: Figures, value: str) -> None:
    with pytest.raises(BadInput) as caught:
        figures({"value": value})
    assert (caught.value.record, caught.value.column) == (2, "value")


def test_an_unknown_category_names_the_line_to_add(figures: Figures) -> None:
    with pytest.raises(BadInput) as caught:
        figures({"category": "无人化"})
    assert "scopes.csv: Apollo Go,无人化,quarter_orders,SCOPE,AREA,quarter_orders,," in str(caught.value)


def test_an_unknown_company_names_the_line_to_add(figures: Figures) -> None:
    with pytest.raises(BadInput, match="name,Robo Cars,robo_cars,"):
        figures({"company": "Robo Cars"})


def test_a_file_without_figures_stops(figures: Figures) -> None:
    with pytest.raises(BadInput, match="a file without figures"):
        figures()
    with pytest.raises(BadInput, match="a file without figures"):
        figures({"confidence": "low"})


def test_reviewed_tables_with_other_columns_stop(figures: Figures) -> None:
    with pytest.raises(BadInput, match="other columns"):
        figures({}, choices="figure,reason\n")
    with pytest.raises(BadInput, match="other columns"):
        figures({}, scopes=SCOPES.replace("published_as,", ""))


def test_a_reviewed_table_that_a_spreadsheet_saved_with_a_mark_is_read(figures: Figures) -> None:
    assert rows_of(figures({}, scopes="\ufeff" + SCOPES))["f-1"]["scope"] == "public_rides"


def test_a_reviewed_line_with_too_many_cells_is_refused_with_its_record(figures: Figures) -> None:
    with pytest.raises(BadInput) as caught:
        figures({}, choices=CHOICES + "f-3,f-1,better, and newer,2026-11-23\n")
    assert caught.value.record == 3


@pytest.mark.parametrize("bound", BOUNDS)
def test_every_bound_of_the_dictionary_is_taken(figures: Figures, bound: str) -> None:
    assert rows_of(figures({"bound": bound}))["f-1"]["bound"] == bound
