"""Periods and series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.forecast.engine.series import (
    FREQUENCIES,
    PERIODS_A_YEAR,
    Frequency,
    Series,
    period_number,
    period_text,
)

FREQUENCY = st.sampled_from(FREQUENCIES)


@given(FREQUENCY, st.integers(0, 9999), st.integers(0, 11))
def test_a_period_is_read_back_from_its_text(frequency: Frequency, year: int, part: int) -> None:
    number = year * PERIODS_A_YEAR[frequency] + part % PERIODS_A_YEAR[frequency]
    assert period_number(period_text(number, frequency), frequency) == number


@pytest.mark.parametrize(
    ("text", "frequency"),
    [("2025-13", "M"), ("2025-1", "M"), ("2025Q5", "Q"), ("2025q1", "Q"), ("2025", "M"), ("25", "Y"),
     ("２０２５", "Y"), (" 2025", "Y"), ("", "Q")],
)  # fmt: skip
def test_what_is_no_period_is_refused(text: str, frequency: Frequency) -> None:
    with pytest.raises(ValueError, match="not a period such as"):
        period_number(text, frequency)


def series(values: list[float], frequency: Frequency = "Q", first: str = "2021Q2") -> Series:
    return Series("a", frequency, first, np.array(values), np.zeros(len(values), dtype=np.bool_))


def test_periods_run_on_over_the_end_of_a_year() -> None:
    one = series([1, 2, 3, 4])
    assert one.periods == ("2021Q2", "2021Q3", "2021Q4", "2022Q1")
    assert one.end == "2022Q1"
    assert one.next_periods(4) == ("2022Q2", "2022Q3", "2022Q4", "2023Q1")
    assert series([1.0], "M", "2025-12").next_periods(2) == ("2026-01", "2026-02")


@given(st.integers(1, 30), st.integers(1, 30))
def test_a_truncated_series_knows_nothing_later(size: int, keep: int) -> None:
    one = series([float(i) for i in range(size)])
    keep = min(keep, size)
    cut = one.truncated(one.periods[keep - 1])
    assert cut.periods == one.periods[:keep]
    assert cut.next_periods(size - keep) == one.periods[keep:]


def test_a_series_cannot_be_cut_before_it_begins() -> None:
    with pytest.raises(ValueError, match="begins with 2021Q2"):
        series([1.0]).truncated("2021Q1")


def test_missing_periods_at_the_ends_are_left_off_and_those_between_stay() -> None:
    nan = float("nan")
    seen = series([nan, 1, nan, 2, nan]).observed()
    assert seen is not None
    assert seen.periods == ("2021Q3", "2021Q4", "2022Q1")
    assert np.isnan(seen.values[1])
    assert series([nan, nan]).observed() is None


def test_a_series_does_not_change_with_what_it_was_made_of() -> None:
    values = np.array([1.0, 2.0])
    one = Series("a", "Y", "2020", values, np.zeros(2, dtype=np.bool_))
    values[0] = 9
    assert one.values[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        one.values[0] = 9


@pytest.mark.parametrize("values", [[], [float("inf")]])
def test_what_is_no_series_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="a: "):
        series(values)
