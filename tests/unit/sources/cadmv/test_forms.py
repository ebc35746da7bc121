"""What the files of the DMV have in common: editions, headers, dates, filers, corrections, digests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.core.errors import BadInput
from fleetstats.core.formats import decimal_text
from fleetstats.filings.corrections import Correction, corrections_sha256
from fleetstats.sources import csv_file
from fleetstats.sources.cadmv.digest import Transcription, read_digest_rows
from fleetstats.sources.cadmv.forms import (
    DRIVERLESS,
    WITH_DRIVER,
    parse_edition,
    parse_event_date,
    parse_month_header,
    scope_of,
)
from fleetstats.sources.csv_file import normalise_header
from fleetstats.sources.digest_csv import write_table_csv
from fleetstats.sources.records import interpret, open_form, read_batches
from fleetstats.sources.staged import Context, Corrected, Staged

MONTHS = "January February March April May June July August September October November December".split()

# Every form of QUIRKS.md, section 3
FORMS: dict[str, Callable[[date], str]] = {
    "M/D/YYYY": lambda d: f"{d.month}/{d.day}/{d.year}",
    "MM/DD/YYYY": lambda d: f"{d.month:02}/{d.day:02}/{d.year}",
    "M/D/YY": lambda d: f"{d.month}/{d.day}/{d.year % 100:02}",
    "YYYY-MM-DD": lambda d: f"{d}",
    "YYYY-MM-DD HH:MM:SS": lambda d: f"{d} 00:00:00",
    "YYYY-MM-DD / HH:MM:SS": lambda d: f"{d} / 13:07:59",
    "YYYYMMDD": lambda d: f"{d.year}{d.month:02}{d.day:02}",
    "DD/Mon/YY": lambda d: f"{d.day:02}/{MONTHS[d.month - 1][:3]}/{d.year % 100:02}",
    "Month D, YYYY": lambda d: f"{MONTHS[d.month - 1]} {d.day}, {d.year}",
    "Mon D, YYYY": lambda d: f"{MONTHS[d.month - 1][:3]} {d.day}, {d.year}",
    "Mon D YYYY": lambda d: f"{MONTHS[d.month - 1][:3]} {d.day} {d.year}",
    "MM.DD.YYYY": lambda d: f"{d.month:02}.{d.day:02}.{d.year}",
    "YYYY.MM.DD": lambda d: f"{d.year}.{d.month:02}.{d.day:02}",
    "YYYY.MM.DD.": lambda d: f"{d.year}.{d.month:02}.{d.day:02}.",
    "YYYY.MM.DD. with a tab and a blank": lambda d: f"\t{d.year}.{d.month:02}.{d.day:02}. ",
    "YYYY.MM.DD. HH:MM:SS": lambda d: f"{d.year}.{d.month:02}.{d.day:02}. 9:05:00",
    "YYYY/MM/DD": lambda d: f"{d.year}/{d.month:02}/{d.day:02}",
}
CASES: list[Callable[[str], str]] = [str, str.upper, str.lower]


@pytest.mark.parametrize("form", FORMS)
@given(day=st.dates(date(2000, 1, 1), date(2099, 12, 31)), case=st.sampled_from(CASES))
def test_a_day_reads_back_from_every_form(form: str, day: date, case: Callable[[str], str]) -> None:
    assert parse_event_date(case(FORMS[form](day))) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3/4/2023", "2023-03-04"),
        ("12/11/19", "2019-12-11"),
        ("Dec 13 2018", "2018-12-13"),
        ("05.06.2019", "2019-05-06"),
        ("2021.12.06.", "2021-12-06"),
        ("2021-04-07 / 10:22:31", "2021-04-07"),
        ("09/Feb/19", "2019-02-09"),
        ("Sept. 3, 2021", "2021-09-03"),
    ],
)
def test_numbers_in_american_order_are_month_first(text: str, day: str) -> None:
    assert parse_event_date(text) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            " ",
            "1//3/2019",
            "1/30.2019",
            "31/12/2019",
            "13.01.2019",
            "2/30/2019",
            "2019-02-29",
            "20191301",
        ],
        *[
            "43525",
            "2019",
            "3/28",
            "Foo 3, 2019",
            "03/Foo/19",
            "March 2019",
            "2019-03-28T10:00:00",
            "3-28-2019",
        ],
        *["3/28/201", "3/28/2019 3/29/2019", "n/a"],
    ],
)
def test_a_day_first_or_unknown_form_is_refused_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_event_date(text)


@pytest.mark.parametrize(
    ("edition", "year", "start"),
    [
        ("2023", 2023, date(2022, 12, 1)),
        ("2023-driverless", 2023, date(2022, 12, 1)),
        ("2023-amended-2", 2023, date(2022, 12, 1)),
        ("2023-first-time", 2023, date(2022, 1, 1)),
        ("2022-driverless-first", 2022, date(2021, 1, 1)),
        ("2022-driverless-first-amended-1", 2022, date(2021, 1, 1)),
    ],
)
def test_an_edition_says_its_report_year_and_period(edition: str, year: int, start: date) -> None:
    assert parse_edition(edition) == (year, (start, date(year, 11, 30)))


@pytest.mark.parametrize(
    "edition", ["", "23", "2023-", "2023-first", "2023-amended", "2023-amended-1-driverless"]
)
def test_another_name_is_no_edition(edition: str) -> None:
    with pytest.raises(ValueError, match="2023-first-time"):
        parse_edition(edition)


def test_the_scope_comes_from_the_permit() -> None:
    assert scope_of("AVT012") == WITH_DRIVER
    assert scope_of("AVDT012") == DRIVERLESS
    for other in ("", "AVT", "AVD012", "AVT012A", "DPT01"):
        assert scope_of(other) is None


@pytest.mark.parametrize(
    ("cell", "month"),
    [
        ("DEC 2019", date(2019, 12, 1)),
        ("JULY 2020", date(2020, 7, 1)),
        ("SEPT 2020", date(2020, 9, 1)),
        ("18-Dec", date(2018, 12, 1)),
        ("Dec-18", date(2018, 12, 1)),
        (" jan\n2021 ", date(2021, 1, 1)),
        ("November2023", date(2023, 11, 1)),
    ],
)
def test_a_month_is_told_from_its_header(cell: str, month: date) -> None:
    assert parse_month_header(cell) == month


@pytest.mark.parametrize(
    "cell", ["", "ANNUAL TOTAL", "DATE", "DEC", "2019", "DEC 19 2019", "Manufacturer", "Total 2019"]
)
def test_other_headers_are_no_months(cell: str) -> None:
    assert parse_month_header(cell) is None


def test_headers_compare_without_case_blanks_and_line_breaks() -> None:
    assert normalise_header("DRIVER PRESENT\n(Yes or No)") == normalise_header("Driver present (yes or no)")
    assert normalise_header("PermitNumber") == normalise_header(" Permit\nNumber ")


@given(st.lists(st.sampled_from(["1", "2", "x", ""]), max_size=20))
def test_distinct_texts_interpreted_once_give_what_each_one_means(texts: list[str]) -> None:
    import pyarrow as pa

    asked: list[str] = []

    def meaning(text: str) -> int:
        asked.append(text)
        return int(text)

    found = interpret(pa.array(texts, pa.string()), meaning)
    assert found.take(pa.int64()).to_pylist() == [int(t) if t.isdigit() else None for t in texts]
    assert sorted(asked) == sorted(set(texts))
    assert {found.texts[code] for code in found.reasons} == {t for t in texts if not t.isdigit()}


# Reading with corrections

ROWS = [["Name", "Permit", "Day"], ["a", "P1", "x"], ["b", "P1", ""], ["c", "P2", "y"]]
Maker = Callable[..., Context]
Rule = Callable[..., Correction]


def read(context: Context) -> tuple[dict[int, list[str]], Staged]:
    """The records of a filing by number, and what was noted on the way."""
    staged, found = Staged(context.held.filing.id), {}
    for batch in read_batches(open_form(context), context, staged):
        for i, record in enumerate(batch.records.tolist()):
            found[record] = [cell[i].as_py() for cell in batch.cells]
    return found, staged


def test_an_override_is_used_in_place_of_what_is_printed(
    make_context: Maker, as_csv: Callable[..., bytes], correction: Rule
) -> None:
    rule = correction(["2-3"], "override", "P1", column="Permit", value="P9")
    found, staged = read(make_context("cadmv_mileage", "2023", as_csv(ROWS), corrections=[rule]))
    assert [row[1] for row in found.values()] == ["P9", "P9", "P2"]
    assert staged.corrected == [
        Corrected(n, "override", "Permit", "P1", "P9", "a reason", "a page", False, "original")
        for n in (2, 3)
    ]
    assert staged.rejected == []


def test_a_dropped_record_is_taken_out_and_counted(
    make_context: Maker, as_csv: Callable[..., bytes], correction: Rule
) -> None:
    # Empty cells at the end need not be written
    rule = correction([3], "drop", "b,P1")
    found, staged = read(make_context("cadmv_mileage", "2023", as_csv(ROWS), corrections=[rule]))
    assert sorted(found) == [2, 4]
    assert staged.rejected == []
    assert [(c.record, c.action, c.printed, c.used) for c in staged.corrected] == [(3, "drop", "b,P1,", None)]
    assert (staged.records_read, staged.records_dropped) == (3, 1)


def test_a_flag_changes_nothing_and_is_noted(
    make_context: Maker, as_csv: Callable[..., bytes], correction: Rule
) -> None:
    rule = correction([4], "flag", "y", column="Day")
    found, staged = read(make_context("cadmv_mileage", "2023", as_csv(ROWS), corrections=[rule]))
    assert list(found.values()) == ROWS[1:]
    assert [(c.record, c.action) for c in staged.corrected] == [(4, "flag")]


def test_two_columns_of_one_record_can_be_corrected(
    make_context: Maker, as_csv: Callable[..., bytes], correction: Rule
) -> None:
    rules = [
        correction([2], "override", "P1", column="Permit", value="P2"),
        correction([2], "override", "x", column="Day", value="z"),
    ]
    found, _ = read(make_context("cadmv_mileage", "2023", as_csv(ROWS), corrections=rules))
    assert found[2] == ["a", "P2", "z"]


@pytest.mark.parametrize(
    ("records_", "action", "expect", "column", "finds"),
    [
        ([2], "override", "P7", "Permit", "P1"),
        ([2], "override", "P1", "Licence", "no such column"),
        ([5], "override", "P1", "Permit", "no such record"),
        ([1], "override", "Permit", "Permit", "no such record"),
        ([2], "drop", "a,P1,y", None, "a,P1,x"),
        ([9], "drop", "a", None, "no such record"),
        ([4], "flag", "x", "Day", "y"),
    ],
)
def test_a_correction_that_no_longer_applies_stops(
    make_context: Maker,
    as_csv: Callable[..., bytes],
    correction: Rule,
    records_: list[int | str],
    action: str,
    expect: str,
    column: str | None,
    finds: str,
) -> None:
    rule = correction(records_, action, expect, column=column, value="v")
    context = make_context("cadmv_mileage", "2023", as_csv(ROWS), corrections=[rule])
    with pytest.raises(BadInput, match="a correction no longer applies") as caught:
        read(context)
    assert caught.value.record == records_[0]
    assert caught.value.found == finds
    assert "cadmv_mileage/2023: file.csv" in str(caught.value)
    assert "corrections.yml" in str(caught.value)


def test_corrections_apply_in_whichever_batch_their_record_is(
    make_context: Maker, as_csv: Callable[..., bytes], correction: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["Name", "Permit", "Day"], *([f"n{i}", "P1", "x"] for i in range(2, 102))]
    rules = [
        correction([100, 2, 50], "override", "P1", column="Permit", value="P9"),
        correction(["60-69"], "drop", "", column="Day").model_copy(update={"expect": "x"}),
    ]
    context = make_context("cadmv_mileage", "2023", as_csv(rows), corrections=rules)
    whole, staged = read(context)
    monkeypatch.setattr(csv_file, "RECORD_LIMIT", 64)
    parts, staged_in_parts = read(context)
    assert parts == whole
    assert staged_in_parts == staged
    assert {n for n, row in whole.items() if row[1] == "P9"} == {2, 50, 100}
    assert set(range(2, 102)) - set(whole) == set(range(60, 70))


def test_a_record_of_another_length_is_rejected_and_not_expected(
    make_context: Maker, as_csv: Callable[..., bytes]
) -> None:
    _, staged = read(make_context("cadmv_mileage", "2023", as_csv([*ROWS, ["d", "P1"]])))
    assert [(r.record, r.expected, r.source_text) for r in staged.rejected] == [(5, False, "d,P1")]


# Once: "no such record", since corrections are matched with records of the header's length only; so a record
# that is cut short can be expected by no correction
def test_a_correction_can_expect_a_record_of_another_length(
    make_context: Maker, as_csv: Callable[..., bytes], correction: Rule
) -> None:
    rule = correction([5], "drop", "d,P1")
    _, staged = read(make_context("cadmv_mileage", "2023", as_csv([*ROWS, ["d", "P1"]]), corrections=[rule]))
    assert staged.rejected == []
    assert [(c.record, c.action, c.printed) for c in staged.corrected] == [(5, "drop", "d,P1")]


# Once: the corrections are kept by record and column, so the first of two is neither applied nor found stale
def test_no_correction_of_a_column_is_lost_to_another_one(
    make_context: Maker, as_csv: Callable[..., bytes], correction: Rule
) -> None:
    stale = correction([2], "override", "P7", column="Permit", value="P8")
    flag = correction([2], "flag", "P1", column="Permit")
    with pytest.raises(BadInput):
        read(make_context("cadmv_mileage", "2023", as_csv(ROWS), corrections=[stale, flag]))


# Digests


@given(st.integers(0, 10**18 - 1), st.integers(0, 9))
def test_a_decimal_is_written_without_exponent_and_reads_back(digits: int, places: int) -> None:
    value = Decimal(digits).scaleb(-places)
    text = decimal_text(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))


def test_a_table_is_written_in_the_order_of_its_columns() -> None:
    rows: list[dict[str, Any]] = [
        {"b": Decimal("1.50"), "a": None, "c": "left out"},
        {"a": date(2023, 1, 2), "b": 3},
    ]
    assert write_table_csv(["a", "b"], rows) == b"a,b\n,1.5\n2023-01-02,3\n"


DIGEST = "operator,permit,scope,x\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("operator,permit,scope\nwaymo,AVT003,cadmv_testing_with_driver\n", "other columns"),
        (DIGEST + "cruise,AVT003,cadmv_testing_with_driver,1\n", "another operator or scope"),
        (DIGEST + "waymo,AVT003,cadmv_testing_driverless,1\n", "another operator or scope"),
        (DIGEST + "waymo,AVT777,cadmv_testing_with_driver,1\n", "another operator or scope"),
    ],
)
def test_a_digest_that_does_not_fit_todays_tables_stops(make_context: Maker, text: str, says: str) -> None:
    context = make_context(
        "cadmv_mileage", "2023", text.encode(), original="a" * 64, corrections_sha256=corrections_sha256([])
    )
    with pytest.raises(BadInput, match=says) as caught:
        read_digest_rows(context, ["operator", "permit", "scope", "x"], Staged("f"), NO_FORM)
    assert caught.value.file == context.name
    assert caught.value.todo


NO_FORM = Transcription((), ())


def test_a_digest_made_with_other_corrections_stops(make_context: Maker, correction: Rule) -> None:
    content = (DIGEST + "waymo,AVT003,cadmv_testing_with_driver,1\n").encode()
    made_with = [correction([2], "override", "a", column="Day", value="b")]
    today = [correction([3], "override", "a", column="Day", value="b")]
    columns_ = ["operator", "permit", "scope", "x"]
    for given_, expected in ((made_with, True), (today, False), ([], False)):
        context = make_context(
            "cadmv_mileage",
            "2023",
            content,
            original="a" * 64,
            corrections=given_,
            corrections_sha256=corrections_sha256(made_with),
        )
        staged = Staged("f")
        if expected:
            assert len(read_digest_rows(context, columns_, staged, NO_FORM)) == 1
            assert [(c.record, c.action, c.used) for c in staged.corrected] == [(2, "override", "b")]
            assert (staged.records_read, staged.records_loaded) == (1, 1)
        else:
            with pytest.raises(BadInput, match="a digest made with other corrections"):
                read_digest_rows(context, columns_, staged, NO_FORM)


def test_every_day_of_two_years_has_a_month_that_is_its_own() -> None:
    for n in range(731):
        day = date(2019, 1, 1) + timedelta(days=n)
        assert parse_month_header(f"{MONTHS[day.month - 1]} {day.year}") == day.replace(day=1)
