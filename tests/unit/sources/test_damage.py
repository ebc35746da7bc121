"""What has become of a file is named as what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleetstats.core.errors import BadInput
from fleetstats.sources.csv_file import open_records
from fleetstats.sources.damage import cause_of
from fleetstats.sources.staged import Rejected

HEADER = ["Manufacturer", "Permit Number", "DEC 2023", "ANNUAL TOTAL"]


def read(path: Path) -> int:
    file = open_records(path)
    return sum(len(numbers) for numbers, _ in file.batches())


@pytest.mark.parametrize(
    ("mark", "name"), [(";", "semicolons"), ("\t", "tabulators"), ("|", "vertical bars")]
)
def test_another_separator_is_named(tmp_path: Path, mark: str, name: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        mark.join(HEADER) + "\n" + mark.join(["Waymo, LLC", "AVT003", "12,5", "12,5"]) + "\n", "utf-8"
    )
    with pytest.raises(BadInput, match=f"{name} between the cells"):
        read(path)


def test_a_header_of_one_column_is_a_header(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a;b\n1\n", "utf-8")
    assert read(path) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 10**6), st.integers(2, 30))
def test_a_file_cut_in_a_record_says_so_and_one_that_ends_with_one_is_whole(
    as_csv: Callable[..., bytes], tmp_path: Path, where: int, records: int
) -> None:
    path = tmp_path / "x.csv"
    content = as_csv([HEADER, *(["Waymo", "AVT003", str(n), str(n)] for n in range(records))])
    head = content.index(b"\n") + 1
    end = head + where % (len(content) - head - 3)
    path.write_bytes(content[:end])
    last = content[:end].rpartition(b"\n")[2].rstrip(b"\r")
    if last and last.count(b",") < len(HEADER) - 1:
        with pytest.raises(BadInput, match="ends in the middle of a record") as caught:
            read(path)
        assert "do not drop the record" in str(caught.value)
    else:
        read(path)


def test_a_short_record_within_a_file_is_set_aside_and_no_cut(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    for content in ("a,b\n1\n2,3\n", "a,b\n2,3\n1\n", "a,b\n2,3\n1,2,3"):
        path.write_text(content, "utf-8")
        file = open_records(path)
        assert sum(len(n) for n, _ in file.batches()) == 1
        assert len(file.misshapen) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 9))
def test_a_header_among_the_records_is_found_wherever_it_stands(
    as_csv: Callable[..., bytes], tmp_path: Path, place: int
) -> None:
    path = tmp_path / "x.csv"
    rows = [["Waymo", "AVT003", "1", "1"] for _ in range(9)]
    rows.insert(place, [f" {cell}" for cell in HEADER])
    path.write_bytes(as_csv([HEADER, *rows]))
    with pytest.raises(BadInput, match="the header stands again") as caught:
        read(path)
    assert caught.value.record == place + 2


def test_a_record_that_begins_as_the_header_is_a_record(as_csv: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(as_csv([HEADER, [HEADER[0], HEADER[1], "1", "1"], ["Waymo", "AVT003", "1", "1"]]))
    assert read(path) == 2


@pytest.mark.parametrize(
    ("reason", "problem"),
    [
        ("column DEC 2023: '12,5' is not a distance", "decimal commas"),
        ("column DEC 2023: '1.234,5' is not a distance", "decimal commas"),
        ("column DATE: '21/11/2024' is no day of the calendar, month first", "days before months"),
        ("column DATE: '45617' is not a date such as 3/28/2023", "days as the numbers of a spreadsheet"),
        ("column DATE: 'soon' is not a date such as 3/28/2023", None),
        ("column DATE: empty", None),
    ],
)
def test_what_most_bad_records_have_in_common_is_the_cause(reason: str, problem: str | None) -> None:
    like = [Rejected(n, reason, expected=False, source_text="") for n in range(2, 12)]
    other = [Rejected(n, "column X: something else", expected=False, source_text="") for n in range(20, 24)]
    cause = cause_of([*like, *other], "f")
    assert (cause is None) == (problem is None)
    if problem is not None:
        assert str(cause).startswith(f"{problem}: 10 records")
    assert cause_of([*like[:2], *other, *other], "f") is None
