"""Distances as printed, and the one way from miles to kilometres."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.core.units import KM_PER_MI, KM_PER_MI_REPORT, mi_to_km, parse_count, parse_distance

NANOS = st.integers(0, 10**18 - 1)
BLANKS = st.sampled_from(["", "", "", " ", "\t", "\u00a0", "\n"])


def of(nanos: int) -> Decimal:
    """A distance of so many billionths."""
    return Decimal(nanos).scaleb(-9)


@given(NANOS)
def test_a_plain_decimal_reads_back_exactly(nanos: int) -> None:
    assert parse_distance(f"{of(nanos):f}") == of(nanos)


@given(NANOS)
def test_commas_that_group_thousands_read_back_exactly(nanos: int) -> None:
    assert parse_distance(f"{of(nanos):,f}") == of(nanos)


@given(NANOS, st.data())
def test_blanks_anywhere_in_the_cell_change_nothing(nanos: int, data: st.DataObject) -> None:
    text = "".join(data.draw(BLANKS) + c for c in f"{of(nanos):,f}") + data.draw(BLANKS)
    assert parse_distance(text) == of(nanos)


@given(st.integers(0, 10**6), st.integers(0, 4), st.integers(-12, 2), st.sampled_from(["e", "E"]))
def test_an_exponent_is_read_as_what_it_says(digits: int, places: int, exponent: int, letter: str) -> None:
    mantissa = f"{Decimal(digits).scaleb(-places):f}"
    exact = Fraction(digits, 10**places) * Fraction(10) ** exponent
    assert parse_distance(f"{mantissa}{letter}{exponent}") * 10**9 == round(exact * 10**9)


@given(st.integers(0, 10**20 - 1), st.integers(12, 20))
def test_more_than_nine_places_are_rounded_half_to_even(digits: int, places: int) -> None:
    value = Fraction(digits, 10**places)
    assert Fraction(parse_distance(f"{Decimal(digits).scaleb(-places):f}")) * 10**9 == round(value * 10**9)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1632.7", "1632.7"),
        ("1,049.54", "1049.54"),
        ("830 .04", "830.04"),
        ("531.58 ", "531.58"),
        ("1.09E-06", "0.00000109"),
        ("0.000553665", "0.000553665"),
        ("5.", "5"),
        (".5", "0.5"),
        ("0.0000000005", "0"),
        ("0.0000000015", "0.000000002"),
    ],
)
def test_the_forms_of_the_dmv_are_read(text: str, value: str) -> None:
    assert parse_distance(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    "-1 +1 -0 1,23 12,34,567 ,123 1,2345 1234,567 1,234,56 1, 1,,000 1.2.3 . 1e e5 1e+ 1e100 1,000e3 1.0,000 "
    "12mi (12) 1/2 NaN Infinity inf 0x10 1_000 1'000 - $5 5% null".split(),
)
def test_signs_units_and_commas_out_of_place_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a distance"):
        parse_distance(text)


@pytest.mark.parametrize("text", ["", " ", "\u00a0", "\t\n"])
def test_an_empty_cell_is_not_a_distance(text: str) -> None:
    with pytest.raises(ValueError, match="not a distance"):
        parse_distance(text)


@given(st.text(alphabet="0123456789,", min_size=1, max_size=12).filter(lambda t: "," in t))
def test_commas_are_read_only_where_they_group_thousands(text: str) -> None:
    first, *others = text.split(",")
    if (
        1 <= len(first) <= 3
        and all(len(group) == 3 for group in others)
        and int(first + "".join(others)) < 10**9
    ):
        assert parse_distance(text) == int(text.replace(",", ""))
    else:
        with pytest.raises(ValueError, match="a distance"):
            parse_distance(text)


@given(st.text(alphabet="0123456789.,eE+-()mi \u2212", max_size=10))
def test_whatever_is_read_is_not_negative_and_fits_its_column(text: str) -> None:
    try:
        value = parse_distance(text)
    except ValueError:
        return
    assert "-" not in text.lower().partition("e")[0]
    assert 0 <= value < 10**9
    assert value.as_tuple().exponent == -9


@pytest.mark.parametrize("text", ["1000000000", "1,000,000,000", "1e9", "1" + "0" * 40])
def test_a_distance_too_long_for_its_column_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="or more"):
        parse_distance(text)


# Once: the limit is tested before the rounding, so this becomes 1000000000.000000000, which DECIMAL(18,9) cannot hold
def test_a_distance_that_rounds_up_to_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="or more"):
        parse_distance("999999999.9999999999")


@given(st.integers(0, 999_999_999))
def test_a_count_reads_back_plain_and_grouped(number: int) -> None:
    assert parse_count(str(number)) == parse_count(f"{number:,}") == parse_count(f" {number} ") == number


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.0", "1,2", "1,234.0", "1e3", "٣", "²", "ten", "1234567890"]
)
def test_what_is_no_whole_number_is_no_count(text: str) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        parse_count(text)


@given(NANOS)
def test_kilometres_of_miles_are_exact(nanos: int) -> None:
    assert Fraction(mi_to_km(of(nanos))) == Fraction(nanos, 10**9) * Fraction(1_609_344, 1_000_000)


@given(NANOS)
def test_kilometres_need_no_more_than_fifteen_places(nanos: int) -> None:
    exponent = mi_to_km(of(nanos)).as_tuple().exponent
    assert isinstance(exponent, int)
    assert exponent >= -15


@given(st.lists(st.integers(0, 10**13), max_size=20))
def test_the_sum_of_kilometres_is_the_kilometres_of_the_sum(parts: list[int]) -> None:
    assert sum(mi_to_km(of(p)) for p in parts) == mi_to_km(of(sum(parts)))


def test_the_mile_is_the_international_one_unless_the_report_is_reproduced() -> None:
    assert Decimal("1.609344") == KM_PER_MI
    assert mi_to_km(Decimal(10)) == Decimal("16.09344")
    assert mi_to_km(Decimal(10), KM_PER_MI_REPORT) == 16
