"""The project's own CSV files: read strictly, and written so that they read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.core.csv_tables import csv_line, read_rows
from fleetstats.core.errors import BadInput


def cells_of(line: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(line, newline=""), strict=True))


@given(st.lists(st.text(alphabet="ab,\"; 'é百", max_size=6), min_size=2, max_size=5))
def test_a_proposed_line_reads_back_as_its_cells(cells: list[str]) -> None:
    assert cells_of(csv_line(*cells)) == [cells]


# Once: without a line terminator the csv module does not quote line breaks, so the line becomes two; the same goes
# for the text of a record in rejected_row
def test_a_line_with_a_line_break_in_a_name_stays_one_record() -> None:
    assert cells_of(csv_line("name", "Some\nCars", "a", "")) == [["name", "Some\nCars", "a", ""]]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_records_are_numbered_and_stripped(
    tmp_path: Path, as_csv: Callable[..., bytes], mark: bytes, end: str
) -> None:
    rows = [["a", "b"], [" x, y ", "百度"], ["two\nlines", ""]]
    (tmp_path / "t.csv").write_bytes(mark + as_csv(rows, end=end))
    assert list(read_rows(tmp_path / "t.csv", ["a", "b"])) == [
        (2, {"a": "x, y", "b": "百度"}),
        (3, {"a": "two\nlines", "b": ""}),
    ]


def test_a_table_that_is_not_there_has_no_records(tmp_path: Path) -> None:
    assert list(read_rows(tmp_path / "none.csv", ["a"])) == []


@pytest.mark.parametrize(
    ("content", "record"),
    [
        (b"", 1),
        (b"a;b\n1;2\n", 1),
        (b"b,a\n1,2\n", 1),
        (b"a,b\n1,2\n1,2,3\n", 3),
        (b"a,b\n1\n", 2),
        (b'a,b\n1,"2" x\n', None),
        ("a,b\n1,百度\n".encode("gb18030"), None),
    ],
)
def test_a_table_of_another_form_is_refused_with_file_and_record(
    tmp_path: Path, content: bytes, record: int | None
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        list(read_rows(path, ["a", "b"]))
    assert caught.value.file == str(path)
    assert record is None or caught.value.record == record
