"""What the bytes say that a file is: for any file of a form, and beside whatever it is called."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleetstats.core.errors import BadInput
from fleetstats.core.periods import months_between
from fleetstats.ingest.identify import Told, identify
from fleetstats.sources import registry
from fleetstats.sources.recognition import Known, Recognised, doubled, recognise, sample_of

Csv = Callable[..., bytes]
KNOWN = Known(lambda code: (Path("nowhere"),))
KINDS = {
    "": ("AVT003", 12),
    "-first-time": ("AVT003", 23),
    "-driverless": ("AVDT001", 12),
    "-driverless-first": ("AVDT001", 23),
}


def seen(path: Path) -> list[Recognised]:
    return recognise(sample_of(path), registry.sources(), KNOWN)


def mileage(year: int, kind: str, cars: int = 1) -> list[list[str]]:
    permit, count = KINDS[kind]
    first = date(year - 1, 12, 1) if count == 12 else date(year - 1, 1, 1)
    months = [f"{m:%b %Y}".upper() for m in months_between(first, date(year, 11, 1))]
    header = ["Manufacturer", "Permit Number", "VIN NUMBER", "Annual Total of Disengagements", *months]
    rows = [["Waymo LLC", permit, f"V{n}", "0", *["1"] * count, str(count)] for n in range(cars)]
    return [[*header, "ANNUAL TOTAL"], *rows]


def events(days: list[date], permit: str = "AVT003") -> list[list[str]]:
    header = [
        "Manufacturer", "Permit Number", "DATE", "VIN NUMBER", "VEHICLE IS CAPABLE OF OPERATING WITHOUT A DRIVER",
        "DRIVER PRESENT", "DISENGAGEMENT INITIATED BY (Driver)", "DISENGAGEMENT LOCATION", "DESCRIPTION OF FACTS",
    ]  # fmt: skip
    printed = [f"{day.month}/{day.day}/{day.year}" for day in days]
    return [
        header,
        *(["Waymo LLC", permit, day, "V", "No", "Yes", "Driver", "Street", "x"] for day in printed),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(2019, 2040), st.sampled_from(list(KINDS)), st.integers(1, 5))
def test_a_mileage_report_is_the_one_of_its_months_and_permits(
    as_csv: Csv, tmp_path: Path, year: int, kind: str, cars: int
) -> None:
    path = tmp_path / "anything at all.csv"
    path.write_bytes(as_csv(mileage(year, kind, cars)))
    [found] = seen(path)
    assert (found.source, found.editions, found.doubts) == ("cadmv_mileage", (f"{year}{kind}",), ())
    assert found.allows("cadmv_mileage", f"{year}{kind}-amended-3")
    for other in {*(f"{year}{k}" for k in KINDS), f"{year + 1}{kind}", f"{year - 1}{kind}"} - {
        f"{year}{kind}"
    }:
        assert not found.allows("cadmv_mileage", other)
        with pytest.raises(BadInput, match="another than it is said to be") as caught:
            identify(path, Told("cadmv_mileage", other, "0" * 64), KNOWN)
        assert f"cadmv_mileage/{year}{kind}" in str(caught.value)
        assert f"cadmv_mileage/{other}" in str(caught.value)
    assert identify(path, Told(None, None, ""), KNOWN)[:2] == ("cadmv_mileage", f"{year}{kind}")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(2019, 2040), st.lists(st.integers(0, 364), min_size=3, max_size=40), st.integers(0, 1))
def test_events_are_of_the_year_in_which_nearly_all_of_them_lie(
    as_csv: Csv, tmp_path: Path, year: int, offsets: list[int], strays: int
) -> None:
    first = date(year - 1, 12, 1).toordinal()
    days = [date.fromordinal(first + n) for n in offsets] + [date(year + 1, 6, 1)] * strays
    path = tmp_path / "x.csv"
    path.write_bytes(as_csv(events(days)))
    [found] = seen(path)
    assert found.editions[0] == f"{year}"
    assert not found.allows("cadmv_disengagement", f"{year + 1}")
    assert not found.allows("cadmv_disengagement", f"{year - 1}")
    assert not found.allows("cadmv_disengagement", f"{year}-driverless")


def test_days_all_over_the_years_are_doubted(as_csv: Csv, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(as_csv(events([date(2020 + n % 4, 1 + n % 12, 3) for n in range(60)])))
    with pytest.raises(BadInput, match="are day and month swapped"):
        identify(path, Told("cadmv_disengagement", None, ""), KNOWN)


def test_a_file_that_stands_there_twice_is_doubted_and_two_equal_records_are_not(
    as_csv: Csv, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    header, *rows = mileage(2023, "", cars=6)
    for made, twice in (
        ([*rows, *rows], True),
        ([row for row in rows for _ in range(2)], True),
        ([*rows, rows[0]], False),
        ([rows[0], rows[0]], False),
        (rows, False),
    ):
        path.write_bytes(as_csv([header, *made]))
        assert doubled(sample_of(path)) == twice
    path.write_bytes(as_csv([header, *rows, *rows]))
    with pytest.raises(BadInput, match=r"not whole, or was changed(\n.*)*every record stands twice"):
        identify(path, Told("cadmv_mileage", "2023", ""), KNOWN)


def test_a_reviewed_line_lets_a_file_be_what_its_bytes_do_not_say(as_csv: Csv, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(as_csv(mileage(2023, "")))
    sha256 = "a" * 64
    known = Known(lambda code: (tmp_path,))
    with pytest.raises(BadInput) as caught:
        identify(path, Told("cadmv_mileage", "2022", sha256), known)
    assert f"{sha256},2022,REASON,DAY" in str(caught.value)
    (tmp_path / "recognition.csv").write_text(
        f"sha256,edition,reason,reviewed_on\n{sha256},2022,as the DMV told us,2026-01-01\n", encoding="utf-8"
    )
    assert identify(path, Told("cadmv_mileage", "2022", sha256), known).edition == "2022"
    with pytest.raises(BadInput):
        identify(path, Told("cadmv_mileage", "2021", sha256), known)


@pytest.mark.parametrize("rows", [[["a", "b"], ["1", "2"]], [["Report ID", "Manufacturer"], ["1", "x"]]])
def test_a_file_that_nobody_knows_is_said_with_its_header(
    as_csv: Csv, tmp_path: Path, rows: list[list[str]]
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(as_csv(rows))
    with pytest.raises(BadInput, match=rf"no source knows(\n.*)*2 columns: {rows[0][0]}, {rows[0][1]}"):
        identify(path, Told(None, None, ""), KNOWN)
    assert identify(path, Told("cadmv_mileage", "2023", ""), KNOWN).seen is None
