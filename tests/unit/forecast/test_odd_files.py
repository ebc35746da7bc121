"""Files as people have them: sentinel years, unquoted thousands, quantiles that cross, quoted names."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fleetstats.core.errors import BadInput
from fleetstats.forecast.files.forecast import forecast_file
from fleetstats.forecast.files.score import score_files

HEAD = "series_id,period,value\n"
GOOD = "".join(f"a,{2020 + i},{10 + i}\n" for i in range(4))


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_series_that_ends_in_9999_is_bad_and_the_others_are_forecast(tmp_path: Path) -> None:
    source = _file(tmp_path, "in.csv", f"{HEAD}{GOOD}b,9998,1\nb,9999,2\n")
    done = forecast_file(source, tmp_path / "out.csv", frequency="Y", horizon=1, models=["last_value"])
    assert done.series == 1
    assert [(bad.series_id, bad.line, bad.found) for bad in done.bad] == [("b", 7, "9999")]


def test_an_unquoted_thousand_is_refused_and_not_read_as_one(tmp_path: Path) -> None:
    source = _file(tmp_path, "in.csv", f"{HEAD}{GOOD}b,2020,1,000\n")
    with pytest.raises(BadInput, match="more cells than columns"):
        forecast_file(source, tmp_path / "out.csv", frequency="Y", horizon=1)
    empty_cells = _file(tmp_path, "commas.csv", HEAD + GOOD.replace("\n", ",,\n"))
    done = forecast_file(empty_cells, tmp_path / "out.csv", frequency="Y", horizon=1, models=["last_value"])
    assert done.series == 1


@pytest.mark.parametrize("name", ["=1+1", "-x", "'=1", "'x", "plain"])
def test_every_name_that_was_written_is_scored(tmp_path: Path, name: str) -> None:
    source = _file(tmp_path, "in.csv", HEAD + GOOD.replace("a,", f"{name},"))
    truth = _file(tmp_path, "truth.csv", f"{HEAD}{name},2024,14\n")
    out = tmp_path / "out.csv"
    forecast_file(source, out, frequency="Y", horizon=1, models=["last_value"])
    assert score_files(out, truth).scored == 1


def test_quantiles_that_cross_are_refused(tmp_path: Path) -> None:
    head = "series_id,model,target_period,quantile,value\n"
    crossed = _file(tmp_path, "f.csv", f"{head}a,m,2024,0.9,1\na,m,2024,0.5,2\na,m,2024,0.1,3\n")
    truth = _file(tmp_path, "truth.csv", f"{HEAD}a,2024,14\n")
    with pytest.raises(BadInput, match="cross"):
        score_files(crossed, truth)


@pytest.mark.parametrize("values", [[1.0, None], [1.0, float("nan")], ["1", "x"]])
def test_a_parquet_file_without_numbers_is_refused(tmp_path: Path, values: list[object]) -> None:
    same = {"series_id": ["a"] * 2, "model": ["m"] * 2, "target_period": ["2024"] * 2}
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({**same, "quantile": [0.1, 0.5], "value": values}), path)
    with pytest.raises(BadInput):
        score_files(path, _file(tmp_path, "truth.csv", f"{HEAD}a,2024,14\n"))
