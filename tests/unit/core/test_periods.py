"""Closed periods, and when a figure became known."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fleetstats.core.periods import (
    IssuedOn,
    Period,
    as_of_day,
    issued_on,
    month_end,
    months_between,
    parse_period,
    report_year_period,
)

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
PRECISIONS = ("%Y", "%Y-%m", "%Y-%m-%d")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2018", "2018-01-01", "2018-12-31"),
        ("2023H1", "2023-01-01", "2023-06-30"),
        ("2023H2", "2023-07-01", "2023-12-31"),
        ("2023Q1", "2023-01-01", "2023-03-31"),
        ("2023Q2", "2023-04-01", "2023-06-30"),
        ("2023Q3", "2023-07-01", "2023-09-30"),
        ("2023Q4", "2023-10-01", "2023-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2023-08-11", "2023-08-11", "2023-08-11"),
        ("2017-12..2018-11", "2017-12-01", "2018-11-30"),
        ("2018..2020", "2018-01-01", "2020-12-31"),
        ("2022Q4..2023-02-03", "2022-10-01", "2023-02-03"),
    ],
)
def test_a_period_is_two_closed_days(text: str, start: str, end: str) -> None:
    assert parse_period(text) == (date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "18",
            "2023H3",
            "2023Q5",
            "2023Q0",
            "2023q3",
            "2023-13",
            "2023-00",
            "2023-02-30",
            "2023-8",
            "Q3 2023",
        ],
        *["2023/08", " 2023", "2023 ", "..", "2018..", "..2018", "2020..2018", "2023-08-11T00", "0000"],
    ],
)
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_period(text)


# Once: read as 2017..2019, since the part after the first two dots is itself read as a period with dots
def test_a_chain_of_three_is_no_period() -> None:
    with pytest.raises(ValueError, match="not a period"):
        parse_period("2017..2018..2019")


@given(DAYS)
def test_a_shorter_form_covers_the_days_of_the_longer_one(day: date) -> None:
    quarter = (day.month + 2) // 3
    forms = [
        f"{day:%Y}",
        f"{day:%Y}H{(quarter + 1) // 2}",
        f"{day:%Y}Q{quarter}",
        f"{day:%Y-%m}",
        f"{day:%Y-%m-%d}",
    ]
    periods = [parse_period(form) for form in forms]
    assert periods[-1] == (day, day)
    for wide, narrow in pairwise(periods):
        assert wide.start <= narrow.start <= narrow.end <= wide.end


@given(DAYS, DAYS)
def test_a_range_reads_back_its_two_days(first: date, second: date) -> None:
    first, second = sorted((first, second))
    assert parse_period(f"{first}..{second}") == Period(first, second)


@given(DAYS, st.integers(0, 60))
def test_months_between_are_all_first_days_in_order(start: date, more: int) -> None:
    months = months_between(start, start + timedelta(days=30 * more))
    assert months[0] == start.replace(day=1)
    assert all(month.day == 1 for month in months)
    for month, following in pairwise(months):
        assert month_end(month.year, month.month) + timedelta(days=1) == following
    assert months[-1] == (start + timedelta(days=30 * more)).replace(day=1)


def test_no_months_lie_between_an_end_and_an_earlier_start() -> None:
    assert months_between(date(2023, 5, 1), date(2023, 4, 30)) == []


@given(st.integers(1991, 2090))
def test_a_report_year_is_the_twelve_months_to_november(year: int) -> None:
    period = report_year_period(year)
    assert period == (date(year - 1, 12, 1), date(year, 11, 30))
    assert len(months_between(*period)) == 12


@given(DAYS, DAYS)
def test_a_printed_day_is_the_day_and_no_estimate(day: date, until: date) -> None:
    assert issued_on(f"{day}", until) == (day, False)


@given(DAYS, DAYS)
def test_a_month_alone_is_its_last_day_and_an_estimate(day: date, until: date) -> None:
    assert issued_on(f"{day:%Y-%m}", until) == (month_end(day.year, day.month), True)


@given(DAYS)
def test_nothing_printed_is_sixty_days_after_the_period(until: date) -> None:
    assert issued_on("", until) == issued_on("  ", until) == (until + timedelta(days=60), True)


@given(DAYS, st.integers(-2, 2))
def test_a_year_alone_is_sixty_days_after_the_period_or_the_end_of_the_year(until: date, later: int) -> None:
    year = until.year + later
    assumed = until + timedelta(days=60)
    expected = assumed if assumed.year == year else date(year, 12, 31)
    assert issued_on(f"{year}", until) == (expected, True)


def test_of_a_figure_published_twice_the_later_date_counts() -> None:
    until = date(2020, 12, 31)
    assert issued_on("2021; 2022-12-18", until) == (date(2022, 12, 18), False)
    assert issued_on("2022-12-18; 2021", until) == (date(2022, 12, 18), False)
    assert issued_on("2021-03-02;2021-05", until) == (date(2021, 5, 31), True)


@given(st.lists(st.tuples(DAYS, st.sampled_from(PRECISIONS)), min_size=1, max_size=3), DAYS)
def test_several_dates_give_the_latest_of_each_alone(printed: list[tuple[date, str]], until: date) -> None:
    texts = [day.strftime(form) for day, form in printed]
    assert issued_on("; ".join(texts), until).day == max(issued_on(text, until).day for text in texts)


@pytest.mark.parametrize("text", ["soon", "2023-02-30", "2023-05; soon", ";", "May 2023"])
def test_a_date_of_publication_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        issued_on(text, date(2023, 1, 1))


@pytest.mark.parametrize(
    ("text", "published", "expected"),
    [
        ("2023-08-11", "2023-08-20", "2023-08-11"),
        ("2023-08", "2023-09-20", "2023-08-31"),
        ("2023-08", "2023-08-20", "2023-08-20"),
        ("2023", "2023-11-02", "2023-11-02"),
        ("2023", "2023-11", "2023-11-30"),
        ("2023-08", "", "2023-08-31"),
    ],
)
def test_a_state_stands_for_the_last_day_that_the_page_could_know(
    text: str, published: str, expected: str
) -> None:
    assert as_of_day(text, published) == date.fromisoformat(expected)


@given(DAYS, st.sampled_from(PRECISIONS), DAYS, st.sampled_from(("", *PRECISIONS)))
def test_a_state_is_never_reported_for_a_day_after_its_issue(
    state: date, state_form: str, published: date, published_form: str
) -> None:
    text, on = state.strftime(state_form), published.strftime(published_form) if published_form else ""
    period = parse_period(text)
    issue: IssuedOn = issued_on(on, period.end)
    assume(issue.day >= period.start)
    day = as_of_day(text, on)
    assert period.start <= day <= min(period.end, issue.day)
    # The row is dated from that day on, and that may not bring the issue before it
    assert issued_on(on, day).day >= day
