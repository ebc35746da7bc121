"""Tidy files in, long files out, scores of them; what is wrong is said, what is good is forecast."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from fleetstats.cli.app import app
from fleetstats.core.errors import BadInput
from fleetstats.forecast.files.tidy import read_tidy

RUNNER = CliRunner()
GOOD = [f"good,{y}Q{q},{10 + 4 * y + q - 8084}" for y in (2022, 2023) for q in (1, 2, 3, 4)]


def written(path: Path, *lines: str, header: str = "series_id,period,value") -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def run(source: Path, output: Path, *more: str) -> tuple[int, str, str]:
    done = RUNNER.invoke(
        app,
        ["forecast", "--input", str(source), "--frequency", "Q", "--horizon", "2", "--output", str(output),
         "--models", "last_value,drift,combination", *more],
    )  # fmt: skip
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("rows", "line", "problem"),
    [
        (["x,2022Q1,1", "x,2022Q2,1.2m"], 11, "a value that is not a number"),
        (["x,2022Q1,1", "x,2022Q2,nan"], 11, "a value that is not a number"),
        (["x,2022Q1,-1"], 10, "a negative value"),
        (["x,2022Q1,5"], 10, "too few values to forecast"),
        (["x,2022Q1,", "x,2022Q2,5"], 10, "too few values to forecast"),
        (["x,2022Q1,5", "x,2022Q1,5"], 11, "a period that is there twice"),
        (["x,2022-01,5"], 10, "a period that cannot be read"),
        (["x,0001Q1,5", "x,9000Q1,5"], 11, "periods too far apart"),
        (["x,2022Q1,1e30"], 10, "a value that is too large"),
        ([",2022Q1,5"], 10, "a row without the name of its series"),
    ],
)
def test_a_bad_series_is_listed_and_the_good_one_forecast(
    tmp_path: Path, rows: list[str], line: int, problem: str
) -> None:
    source, output = written(tmp_path / "in.csv", *GOOD, *rows), tmp_path / "out.csv"
    code, said, told = run(source, output)
    assert code == 4
    assert problem in told
    assert f"record {line}" in told
    assert "bad: 1 series" in said
    assert {text.split(",")[0] for text in output.read_text().splitlines()[1:]} == {"good"}
    assert run(source, output, "--skip-bad")[0] == 0


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "an empty file"),
        (b"series_id,period,value\n", "a file without rows"),
        (b"series_id,when,value\na,2022Q1,1\n", "there is no column period"),
        (b"series_id,period,value,value\na,2022Q1,1,1\n", "two columns of one name"),
        ("series_id,period,value\né,2022Q1,1\n".encode("latin-1"), "not a text file in UTF-8"),
        (b"PAR1\x00\x00\xff\xfe", "not a text file in UTF-8"),
        (b'series_id,period,value\n"a,2022Q1,1\n', "not a CSV file"),
        (b"series_id,period,value\na,2022Q1,x\n", "no series of"),
    ],
)
def test_a_file_that_cannot_be_used_at_all_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(content)
    output.write_text("as it was")
    with pytest.raises(BadInput, match=problem):
        run(source, output)
    assert output.read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_a_gap_is_missing_and_said(tmp_path: Path) -> None:
    source = written(tmp_path / "in.csv", "a,2022Q4,4", "a,2022Q1,1", "a,2022Q2,", "b,2022Q1,1", "b,2022Q2,1")
    found = read_tidy(source, "Q")
    assert found.missing == {"a": ("2022Q2", "2022Q3")}
    assert "imputed: 2 missing periods of 1 series" in run(source, tmp_path / "out.csv")[1]


def test_a_name_that_a_spreadsheet_would_run_is_harmless_and_still_scored(tmp_path: Path) -> None:
    source = written(tmp_path / "in.csv", "=cmd(),2022Q1,1", "=cmd(),2022Q2,2")
    truth = written(tmp_path / "truth.csv", "=cmd(),2022Q3,3")
    assert run(source, tmp_path / "out.csv")[0] == 0
    assert all(line.startswith("'=cmd(),") for line in (tmp_path / "out.csv").read_text().splitlines()[1:])
    forecasts = str(tmp_path / "out.csv")
    done = RUNNER.invoke(
        app,
        ["score", "--forecasts", forecasts, "--truth", str(truth), "--history", str(source), "--json"],
    )
    rows = json.loads(done.stdout)
    assert [row["model"] for row in rows] == ["last_value", "drift", "combination"]
    assert rows[1]["targets"] == 1
    assert rows[1]["mase"] == pytest.approx(0, abs=0.05)
    assert rows[1]["coverage_80"] == 1
    assert "3 forecasts have no truth" in done.stderr


def test_parquet_and_csv_hold_the_same_twice_over(tmp_path: Path) -> None:
    source = written(tmp_path / "in.csv", *GOOD)
    for name in ("a.csv", "b.csv", "a.parquet"):
        assert run(source, tmp_path / name, "--quiet")[:2] == (0, "")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.column_names == ["series_id", "model", "target_period", "quantile", "value"]
    lines = (tmp_path / "a.csv").read_text().splitlines()[1:]
    assert len(lines) == table.num_rows == 3 * 2 * 15
    assert [float(line.split(",")[4]) for line in lines] == pytest.approx(table["value"].to_pylist())


def test_options_that_cannot_be_are_refused(tmp_path: Path) -> None:
    source = written(tmp_path / "in.csv", *GOOD)
    assert run(source, tmp_path / "out.xlsx")[0] == 2
    assert run(source, tmp_path / "out.csv", "--models", "prophet")[0] == 2
    assert run(source, tmp_path / "out.csv", "--horizon", "0")[0] == 2
    with pytest.raises(BadInput, match="replace the input"):
        run(source, source)


def test_forecasts_without_any_truth_are_refused(tmp_path: Path) -> None:
    source = written(tmp_path / "in.csv", *GOOD)
    run(source, tmp_path / "out.csv")
    with pytest.raises(BadInput, match="no forecast has a truth"):
        RUNNER.invoke(
            app,
            ["score", "--forecasts", str(tmp_path / "out.csv"), "--truth", str(source)],
            catch_exceptions=False,
        )
