"""Results for people, spreadsheets and programs."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.core.formats import Format, plain, plain_cell, safe_cell, to_json, write_table
from fleetstats.core.progress import progress

HARMFUL = ("=", "+", "-", "@", "\t", "\r")


def written(rows: list[dict[str, Any]], form: Format, path: Path) -> str:
    import pyarrow as pa

    write_table(pa.Table.from_pylist(rows), form, path)
    return path.read_bytes().decode()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "-"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(tmp_path: Path, text: str) -> None:
    [_, [cell]] = csv.reader(io.StringIO(written([{"name": text}], "csv", tmp_path / "o.csv"), newline=""))
    assert cell == f"'{text}"


# Once: the csv module leaves a lone CR bare where records end with LF, and readers end a record there: what follows
# becomes the first cell of a record of its own, formula or not
@pytest.mark.parametrize("text", ["\r=1", "a cone\r=1+1", "a\rb"])
def test_a_carriage_return_in_a_cell_does_not_begin_a_record(tmp_path: Path, text: str) -> None:
    content = written([{"name": text}], "csv", tmp_path / "o.csv")
    assert len(list(csv.reader(io.StringIO(content, newline="")))) == 2


@given(st.text(max_size=8) | st.text("='-a", max_size=4))
def test_every_other_text_is_written_as_it_is_and_all_can_be_read_back(text: str) -> None:
    cell = safe_cell(text)
    assert cell == (f"'{text}" if text.startswith((*HARMFUL, "'")) or not text else text)
    assert not str(cell).startswith(HARMFUL)
    assert plain_cell(cell) == text


def test_no_value_and_an_empty_text_can_be_told_apart() -> None:
    assert plain_cell("") is None
    assert safe_cell(None) is None
    assert safe_cell("") == "'"


@pytest.mark.parametrize("value", [-1, Decimal("-1.50"), -0.5, None, True, date(2023, 1, 2)])
def test_numbers_below_zero_and_days_stay_what_they_are(value: object) -> None:
    assert str(safe_cell(value)) == ("-1.5" if value == Decimal("-1.5") else str(value))


@given(st.integers(-(10**27), 10**27), st.integers(0, 15))
def test_a_decimal_is_written_exactly_and_without_exponent(digits: int, places: int) -> None:
    value = Decimal(f"{digits}e-{places}")
    text = safe_cell(value)
    assert Decimal(text) == value
    assert "E" not in text


def test_csv_has_a_header_and_a_line_per_row(tmp_path: Path) -> None:
    rows = [{"a": "x, y", "b": Decimal("1.500"), "c": None}, {"a": "百度", "b": Decimal(2), "c": 3}]
    assert written(rows, "csv", tmp_path / "o.csv") == 'a,b,c\n"x, y",1.5,\n百度,2,3\n'


def test_json_keeps_chinese_and_types(tmp_path: Path) -> None:
    rows = [
        {"a": "百度", "b": Decimal("2.000"), "c": Decimal("2.5"), "d": date(2023, 1, 2), "e": None, "f": "=1"}
    ]
    found = json.loads(written(rows, "json", tmp_path / "o.json"))
    assert found == [{"a": "百度", "b": 2, "c": 2.5, "d": "2023-01-02", "e": None, "f": "=1"}]
    assert "百度" in (tmp_path / "o.json").read_text(encoding="utf-8")


def test_json_writes_times_and_paths_as_text() -> None:
    assert plain(datetime(2023, 1, 2, 3, 4, tzinfo=UTC)) == "2023-01-02T03:04:00+00:00"
    assert plain(Path("a/b")) == "a/b"
    assert plain(b"\x01\xff") == "01ff"


# Once: NaN and Infinity are written, which no JSON parser but Python's takes
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_is_json_for_any_number(value: float) -> None:
    json.loads(to_json([{"x": value}]), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_parquet_reads_back_as_it_was(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"km": pa.array([Decimal("1.000000000000001")], pa.decimal128(28, 15)), "t": ["=1"]})
    write_table(table, "parquet", tmp_path / "o.parquet")
    assert pq.read_table(tmp_path / "o.parquet").equals(table)


def test_a_table_is_drawn_with_its_numbers_grouped_and_nothing_cut(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"name": "x" * 300, "km": Decimal("1234567.500")},
        {"name": "[bold]", "km": None},
    ]
    text = written(rows, "table", tmp_path / "o.txt")
    assert "x" * 300 in text
    assert "1,234,567.5" in text
    assert "[bold]" in text
    assert text.endswith("2 rows\n")
    assert written([{"a": 1}], "table", tmp_path / "o.txt").endswith("\n1 row\n")


def test_without_a_file_the_result_goes_to_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    import pyarrow as pa

    write_table(pa.table({"a": [1]}), "csv", None)
    assert capfdbinary.readouterr().out == b"a\n1\n"


@pytest.mark.parametrize("quiet", [True, False])
def test_progress_is_silent_where_nobody_looks(quiet: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with progress(quiet) as report:
        report("read", "cadmv_mileage/2023")
    assert capsys.readouterr() == ("", "")
