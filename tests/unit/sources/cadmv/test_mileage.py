"""California DMV mileage files, made on the spot."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetstats.core.errors import BadInput
from fleetstats.core.periods import months_between
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.units import mi_to_km, parse_distance
from fleetstats.filings.corrections import Correction, corrections_sha256
from fleetstats.sources import csv_file
from fleetstats.sources.cadmv.mileage import MOST_IN_A_MONTH, read, to_km
from fleetstats.sources.cadmv.mileage_digest import digest
from fleetstats.sources.staged import Context, Staged

Maker = Callable[..., Context]
MONTHS = "DEC JAN FEB MAR APR MAY JUN JULY AUG SEP OCT NOV".split()
HEADER = ["Manufacturer", "Permit Number", "VIN NUMBER", "Annual Total of Disengagements"]
HEADER += [f"{m} {2022 if m == 'DEC' else 2023}" for m in MONTHS] + ["ANNUAL TOTAL", "", ""]
FILERS = {"AVT003": "Waymo LLC", "AVDT001": "Waymo LLC", "AVT008": "CRUISE LLC", "AVT012": "Zoox, Inc"}
CORE = ("cadmv_mileage_month", "cadmv_mileage_filer")


@dataclass
class Car:
    """One record of a mileage file."""

    permit: str = "AVT003"
    vin: str = "1FM5K8"
    events: str = "0"
    months: tuple[str, ...] = ("0",) * 12
    annual: str = "0"

    def row(self) -> list[str]:
        return [FILERS[self.permit], self.permit, self.vin, self.events, *self.months, self.annual, "", ""]


def car(*months: str, **others: str) -> Car:
    """A car with these first months, the rest 0."""
    return Car(months=(*months, *["0"] * (12 - len(months))), **others)


def text_of(cars: list[Car], blanks: int = 0, end: str = "\r\n", header: list[str] = HEADER) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end)
    writer.writerows([header, *(c.row() for c in cars), *([[""] * len(header)] * blanks)])
    return out.getvalue().encode()


@pytest.fixture
def stage(make_context: Maker) -> Callable[..., Staged]:
    """Reads cars as the filing 2023."""

    def run(cars: list[Car], blanks: int = 0, **others: object) -> Staged:
        return read(make_context("cadmv_mileage", "2023", text_of(cars, blanks), **others))

    return run


def rows_of(staged: Staged, table: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = staged.tables[table].to_pylist()
    return rows


def vehicles(staged: Staged) -> list[tuple[object, object]]:
    return [(r["vehicles"], r["vehicles_masked"]) for r in rows_of(staged, "cadmv_mileage_month")]


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**18 - 1)), max_size=30))
def test_an_array_of_miles_converts_as_each_of_them_does(nanos: list[int | None]) -> None:
    import pyarrow as pa

    miles = [None if n is None else Decimal(n).scaleb(-9) for n in nanos]
    found = to_km(pa.array(miles, pa.decimal128(18, 9)))
    assert found.type == pa.decimal128(28, 15)
    assert found.to_pylist() == [None if m is None else mi_to_km(m) for m in miles]


def test_months_and_printed_totals_are_kept_apart(stage: Callable[..., Staged]) -> None:
    staged = stage([car("10.5", "1,000.25", events="3", annual="1,011")], blanks=2)
    months = rows_of(staged, "cadmv_mileage_month")
    assert [row["month"] for row in months] == months_between(date(2022, 12, 1), date(2023, 11, 1))
    assert [row["distance_mi_reported"] for row in months[:3]] == [Decimal("10.5"), Decimal("1000.25"), 0]
    assert months[1]["distance_km"] == mi_to_km(Decimal("1000.25"))
    [filer] = rows_of(staged, "cadmv_mileage_filer")
    assert (filer["annual_mi"], filer["annual_km"]) == (1011, mi_to_km(Decimal(1011)))
    assert (filer["disengagements"], filer["rows"], filer["rows_from_months"], filer["bound"]) == (
        3,
        1,
        0,
        "exact",
    )
    assert (filer["period_start"], filer["period_end"]) == (date(2022, 12, 1), date(2023, 11, 30))
    assert (filer["operator"], filer["scope"], filer["report_year"]) == (
        "waymo",
        "cadmv_testing_with_driver",
        2023,
    )
    assert (staged.records_read, staged.records_loaded, staged.records_blank) == (3, 1, 2)


def test_an_empty_month_is_zero_and_noted_and_an_empty_total_is_the_months(
    stage: Callable[..., Staged],
) -> None:
    staged = stage([car("1.5", "", " ", "2", annual=""), car("4", annual="9", vin="B")])
    [filer] = rows_of(staged, "cadmv_mileage_filer")
    assert (filer["annual_mi"], filer["rows_from_months"]) == (Decimal("12.5"), 1)
    blank = [r["cell_blank"] for r in rows_of(staged, "cadmv_vehicle_month") if r["record"] == 2]
    assert blank == [False, True, True, *[False] * 9]
    [first, _] = rows_of(staged, "cadmv_vehicle_report")
    assert (first["annual_mi"], first["months_mi"]) == (None, Decimal("3.5"))


def test_one_operator_counts_under_two_scopes_by_its_permits(stage: Callable[..., Staged]) -> None:
    staged = stage([car("1", annual="1"), car("2", permit="AVDT001", annual="2")])
    assert [(r["operator"], r["scope"], r["annual_mi"]) for r in rows_of(staged, "cadmv_mileage_filer")] == [
        ("waymo", "cadmv_testing_driverless", 2),
        ("waymo", "cadmv_testing_with_driver", 1),
    ]


def test_equal_full_vins_are_one_vehicle_in_a_month(stage: Callable[..., Staged]) -> None:
    staged = stage([car("1", "0", "3", vin="5G21A6P0XL4100045"), car("2", "1", vin=" 5g21a6p0xl4100045 ")])
    assert vehicles(staged)[:4] == [(1, 0), (1, 0), (1, 0), (0, 0)]
    assert rows_of(staged, "cadmv_mileage_month")[0]["distance_mi_reported"] == 3


def test_masked_vins_are_a_vehicle_for_each_row(stage: Callable[..., Staged]) -> None:
    staged = stage([car("1", vin="~0496"), car("2", "0.1", vin="~0496"), car("0", "1", vin="A1")])
    assert vehicles(staged)[:3] == [(2, 2), (2, 1), (0, 0)]


def test_a_car_is_counted_only_in_months_that_it_drove(stage: Callable[..., Staged]) -> None:
    assert vehicles(stage([car("0", "0.000000001", "", vin="A"), car(vin="B")]))[:3] == [
        (0, 0),
        (1, 0),
        (0, 0),
    ]


def test_a_first_time_report_spans_its_twenty_three_months(make_context: Maker) -> None:
    months = [f"{m:%b %Y}" for m in months_between(date(2021, 1, 1), date(2022, 11, 1))]
    header = [*HEADER[:4], *months, "ANNUAL TOTAL"]
    row = ["Zoox, Inc", "AVT012", "A", "0", *["1"] * 23, "23"]
    out = io.StringIO()
    csv.writer(out).writerows([header, row])
    staged = read(make_context("cadmv_mileage", "2022-first-time", out.getvalue().encode()))
    [filer] = rows_of(staged, "cadmv_mileage_filer")
    assert (filer["period_start"], filer["period_end"], filer["report_year"]) == (
        date(2021, 1, 1),
        date(2022, 11, 30),
        2022,
    )
    assert staged.tables["cadmv_mileage_month"].num_rows == 23


def test_the_headers_of_2019_are_read(make_context: Maker) -> None:
    header = "Manufacturer PermitNumber VINNUMBER AnnualTotalofDisengagements 18-Dec".split()
    header += [f"19-{m[:3].title()}" for m in MONTHS[1:]] + ["ANNUALTOTAL"]
    out = io.StringIO()
    csv.writer(out).writerows([header, Car().row()[:-2]])
    staged = read(make_context("cadmv_mileage", "2019", out.getvalue().encode()))
    assert rows_of(staged, "cadmv_mileage_month")[0]["month"] == date(2018, 12, 1)


@pytest.mark.parametrize(
    ("change", "edition"),
    [
        ({}, "2022"),
        ({"FEB 2023": "FEB 2022"}, "2023"),
        ({"FEB 2023": "MAR 2023"}, "2023"),
        ({"NOV 2023": "Remark"}, "2023"),
        (dict.fromkeys(HEADER[4:16], ""), "2023"),
    ],
)
def test_month_columns_of_another_report_year_stop(
    make_context: Maker, change: dict[str, str], edition: str
) -> None:
    content = text_of([Car()], header=[change.get(cell, cell) for cell in HEADER])
    with pytest.raises(BadInput, match="the month columns are not those of the report year") as caught:
        read(make_context("cadmv_mileage", edition, content))
    assert f"Nov {edition}" in str(caught.value)


@pytest.mark.parametrize("column", ["Manufacturer", "Permit Number", "VIN NUMBER", "ANNUAL TOTAL"])
def test_a_missing_column_stops_with_its_name(make_context: Maker, column: str) -> None:
    content = text_of([Car()], header=["New" if cell == column else cell for cell in HEADER])
    with pytest.raises(BadInput, match="a column is missing") as caught:
        read(make_context("cadmv_mileage", "2023", content))
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        (car("-1"), "DEC 2022"),
        (car("1", "12 mi"), "JAN 2023"),
        (car("1", annual="1,23"), "ANNUAL TOTAL"),
        (car("1", events="1.5"), "Annual Total of Disengagements"),
        (car("1", events=""), "Annual Total of Disengagements"),
    ],
)
def test_a_cell_that_cannot_be_read_rejects_its_record_with_the_column(
    stage: Callable[..., Staged], bad: Car, column: str
) -> None:
    staged = stage([car("1", vin="A"), bad, car("2", vin="B")])
    [rejected] = staged.rejected
    assert (rejected.record, rejected.expected) == (3, False)
    assert rejected.reason.startswith(f"column {column}: ")
    assert next(csv.reader([rejected.source_text])) == bad.row()
    assert [r["record"] for r in rows_of(staged, "cadmv_vehicle_report")] == [2, 4]
    assert staged.unaccounted == 0


def test_a_record_without_a_permit_is_rejected(stage: Callable[..., Staged], make_context: Maker) -> None:
    content = text_of([Car(), Car()]).replace(b"Waymo LLC,AVT003", b"Waymo LLC, ", 1)
    staged = read(make_context("cadmv_mileage", "2023", content))
    assert [(r.record, r.reason) for r in staged.rejected] == [(2, "column Permit Number: empty")]


def test_a_file_whose_every_record_is_unreadable_is_accounted_for(stage: Callable[..., Staged]) -> None:
    staged = stage([car("x"), car("y")])
    assert (staged.records_read, staged.records_loaded, len(staged.rejected)) == (2, 0, 2)
    assert staged.unaccounted == 0


@pytest.mark.parametrize("blanks", [0, 3])
def test_a_file_without_records_stops(stage: Callable[..., Staged], blanks: int) -> None:
    with pytest.raises(BadInput, match="a file without records"):
        stage([], blanks)


def test_an_unknown_permit_stops_with_the_line_to_add(make_context: Maker) -> None:
    content = text_of([Car(), Car()]).replace(b"AVT003", b"AVT777", 2).replace(b"AVT777", b"AVT003", 1)
    with pytest.raises(BadInput, match="unknown permit") as caught:
        read(make_context("cadmv_mileage", "2023", content))
    assert caught.value.record == 3
    assert "permit,AVT777,waymo," in str(caught.value)


def test_a_permit_of_no_testing_programme_stops(make_context: Maker) -> None:
    with pytest.raises(BadInput, match="a permit of no known programme"):
        read(make_context("cadmv_mileage", "2023", text_of([Car()]).replace(b"AVT003", b"DEPLOY01")))


def test_a_new_spelling_is_loaded_and_warned_of_once(make_context: Maker) -> None:
    content = text_of([Car(), Car()]).replace(b"Waymo LLC", b"Waymo Holding")
    staged = read(make_context("cadmv_mileage", "2023", content))
    [warning] = staged.warnings
    assert "new spelling 'Waymo Holding' of waymo (AVT003)" in warning
    assert warning.endswith("name,Waymo Holding,waymo,")
    assert staged.records_loaded == 2


def test_values_in_columns_without_a_name_are_noted(make_context: Maker) -> None:
    content = text_of([Car()]).replace(b",0,,\r\n", b",0,spilled,\r\n")
    assert read(make_context("cadmv_mileage", "2023", content)).notes == [
        "column 18 has no name; its 1 values are not loaded"
    ]


# Once: pyarrow.lib.ArrowInvalid: each cell is below the limit of parse_distance, their sum does not fit DECIMAL(18,9)
def test_a_year_too_long_for_its_column_is_a_message_not_a_traceback(stage: Callable[..., Staged]) -> None:
    try:
        staged = stage([car("999999999", "999999999", annual="1")])
    except BadInput:
        return
    assert [r.record for r in staged.rejected] == [2]


# Whole files at random

DISTANCES = st.one_of(
    st.sampled_from(["", "0", "0", "1,049.54", "830 .04", "1.09E-06"]),
    st.integers(0, MOST_IN_A_MONTH * 10**9 // 2).map(lambda n: f"{Decimal(n).scaleb(-9):f}"),
    st.integers(0, MOST_IN_A_MONTH // 2).map(lambda n: f"{n:,}"),
)
CARS = st.builds(
    Car,
    permit=st.sampled_from(sorted(FILERS)),
    vin=st.sampled_from(["A1", "a1 ", "B2", "~0496", "~7236", "C3"]),
    events=st.integers(0, 3000).map(str),
    months=st.tuples(*[DISTANCES] * 12),
    annual=DISTANCES,
)


def of(text: str) -> Decimal:
    return parse_distance(text) if text.strip() else Decimal(0)


@settings(max_examples=25)
@given(
    cars=st.lists(CARS, min_size=1, max_size=12),
    blanks=st.integers(0, 3),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_every_mile_of_a_file_is_in_its_tables(
    make_context: Maker, cars: list[Car], blanks: int, end: str
) -> None:
    staged = read(make_context("cadmv_mileage", "2023", text_of(cars, blanks, end)))
    assert (staged.records_read, staged.records_loaded, staged.records_blank, staged.unaccounted) == (
        len(cars) + blanks,
        len(cars),
        blanks,
        0,
    )
    months = rows_of(staged, "cadmv_mileage_month")
    every = months_between(date(2022, 12, 1), date(2023, 11, 1))
    for row in months:
        i = every.index(row["month"])  # type: ignore[arg-type]
        own = [(n, c) for n, c in enumerate(cars) if c.permit == row["permit"]]
        assert row["distance_mi_reported"] == sum(of(c.months[i]) for _, c in own)
        assert row["distance_km"] == sum(mi_to_km(of(c.months[i])) for _, c in own)
        driven = [(n, c.vin.strip().upper()) for n, c in own if of(c.months[i]) > 0]
        full = {vin for _, vin in driven if not vin.startswith("~")}
        masked = [n for n, vin in driven if vin.startswith("~")]
        assert (row["vehicles"], row["vehicles_masked"]) == (len(full) + len(masked), len(masked))
    assert len(months) == 12 * len({c.permit for c in cars})
    for row in rows_of(staged, "cadmv_mileage_filer"):
        mine = [c for c in cars if c.permit == row["permit"]]
        assert row["annual_mi"] == sum(of(c.annual) if c.annual else sum(map(of, c.months)) for c in mine)
        assert (row["rows"], row["rows_from_months"]) == (len(mine), sum(not c.annual for c in mine))
        assert row["disengagements"] == sum(int(c.events) for c in mine)


@settings(max_examples=25)
@given(cars=st.lists(CARS, min_size=1, max_size=12))
def test_a_digest_gives_the_same_core_tables_as_its_original(make_context: Maker, cars: list[Car]) -> None:
    context = make_context("cadmv_mileage", "2023", text_of(cars))
    original = read(context)
    content = digest(original)
    copy = read(
        make_context(
            "cadmv_mileage",
            "2023",
            content,
            original=context.held.sha256,
            corrections_sha256=corrections_sha256([]),
        )
    )
    assert set(copy.tables) == set(CORE)
    for name in CORE:
        assert copy.tables[name].equals(original.tables[name])
        assert copy.tables[name].schema == TABLES[name].arrow_schema()
    assert digest(copy) == content
    assert copy.unaccounted == 0


@settings(max_examples=15)
@given(cars=st.lists(CARS, min_size=5, max_size=12))
def test_a_file_read_in_many_batches_gives_the_same(make_context: Maker, cars: list[Car]) -> None:
    context = make_context("cadmv_mileage", "2023", text_of(cars, 2))
    whole = read(context)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "RECORD_LIMIT", 600)
        parts = read(context)
    assert {name: t.combine_chunks().to_pylist() for name, t in parts.tables.items()} == {
        name: t.combine_chunks().to_pylist() for name, t in whole.tables.items()
    }
    assert (parts.records_read, parts.records_blank) == (whole.records_read, whole.records_blank)


def test_a_digest_carries_the_corrections_that_it_was_made_with(
    make_context: Maker, correction: Callable[..., Correction]
) -> None:
    rule = correction([2], "override", "AVT012", column="Permit Number", value="AVT003")
    content = text_of([Car()]).replace(b"AVT003", b"AVT012")
    original = read(make_context("cadmv_mileage", "2023", content, corrections=[rule]))
    copy = read(
        make_context(
            "cadmv_mileage",
            "2023",
            digest(original),
            original="c" * 64,
            corrections=[rule],
            corrections_sha256=corrections_sha256([rule]),
        )
    )
    assert copy.corrected == original.corrected
    assert [r["operator"] for r in rows_of(copy, "cadmv_mileage_filer")] == ["waymo"]


@pytest.mark.parametrize(
    ("old", "new"), [(",3,", ",three,"), ("2022-12-01", "2022-13-01"), (",7,,exact", ",-7,,exact")]
)
def test_a_digest_that_cannot_be_read_names_its_record(make_context: Maker, old: str, new: str) -> None:
    context = make_context("cadmv_mileage", "2023", text_of([car("7", events="3", annual="7")]))
    content = digest(read(context)).decode()
    assert old in content
    with pytest.raises(BadInput, match="a digest that cannot be read") as caught:
        read(
            make_context(
                "cadmv_mileage",
                "2023",
                content.replace(old, new).encode(),
                original="c" * 64,
                corrections_sha256=corrections_sha256([]),
            )
        )
    assert caught.value.record == 2


def test_totals_transcribed_without_months_are_read_with_their_range(make_context: Maker) -> None:
    columns = (
        "table operator permit scope month report_year period_start period_end distance_mi distance_mi_high bound "
        "vehicles vehicles_masked disengagements rows rows_from_months reference original_sha256"
    ).split()
    row = "filer waymo AVT003 cadmv_testing_with_driver - 2018 2017-12-01 2018-11-30 1255990 1271587 approximate "
    row += "- - 114 0 0 post -"
    content = f"{','.join(columns)}\n{row.replace(' ', ',').replace('-,', ',').removesuffix('-')}\n"
    staged = read(make_context("cadmv_mileage", "2018", content.encode(), transcribed=True))
    [filer] = rows_of(staged, "cadmv_mileage_filer")
    assert (filer["annual_mi"], filer["annual_mi_high"], filer["bound"]) == (1255990, 1271587, "approximate")
    assert filer["annual_km_high"] == mi_to_km(Decimal(1271587))
    assert set(staged.tables) == {"cadmv_mileage_filer"}
