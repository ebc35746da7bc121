"""Ledgers: what a run wrote stays as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.schema.tables import TABLES, tables
from fleetstats.warehouse import ledger


def account(run_id: str, filing: str) -> dict[str, Any]:
    counts = dict.fromkeys("records_loaded records_rejected records_blank records_corrected".split(), 0)
    return {
        "run_id": run_id,
        "filing": filing,
        "read_as": "digest",
        "sha256": "a",
        "records_read": 7,
        **counts,
    }


def test_each_run_adds_a_file_and_all_are_read_oldest_first(tmp_path: Path) -> None:
    for run in ("20260102", "20260101", "20260103"):
        ledger.append(tmp_path, "filing_account", run, [account(run, "a"), account(run, "b")])
    assert ledger.runs(tmp_path, "filing_account") == ["20260101", "20260102", "20260103"]
    rows = ledger.read(tmp_path, "filing_account").to_pylist()
    assert [(row["run_id"], row["filing"]) for row in rows] == [
        (run, filing) for run in ("20260101", "20260102", "20260103") for filing in "ab"
    ]


def test_a_run_that_is_there_is_never_written_again(tmp_path: Path) -> None:
    ledger.append(tmp_path, "filing_account", "1", [account("1", "a")])
    [path] = (tmp_path / "filing_account").iterdir()
    before = path.read_bytes()
    ledger.append(tmp_path, "filing_account", "1", [account("1", "other")])
    assert list((tmp_path / "filing_account").iterdir()) == [path]
    assert path.read_bytes() == before


def test_a_run_without_rows_writes_no_file(tmp_path: Path) -> None:
    ledger.append(tmp_path, "filing_account", "1", [])
    assert ledger.runs(tmp_path, "filing_account") == []


@pytest.mark.parametrize("name", [table.name for table in tables("ledger")])
def test_an_empty_ledger_has_its_columns(tmp_path: Path, name: str) -> None:
    table = ledger.read(tmp_path, name)
    assert table.num_rows == 0
    assert table.schema == TABLES[name].arrow_schema()


def test_a_file_left_half_written_is_no_run(tmp_path: Path) -> None:
    ledger.append(tmp_path, "filing_account", "1", [account("1", "a")])
    (tmp_path / "filing_account" / ".2.parquet.77.partial").write_bytes(b"PAR1")
    assert ledger.read(tmp_path, "filing_account").num_rows == 1


def test_columns_that_an_older_run_did_not_have_are_null(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    ledger.append(tmp_path, "filing_account", "2", [account("2", "b")])
    [path] = (tmp_path / "filing_account").iterdir()
    new = pq.read_table(path)
    old = new.drop_columns(["records_corrected"]).append_column("gone", new["filing"])
    pq.write_table(old, tmp_path / "filing_account" / "1.parquet")
    table = ledger.read(tmp_path, "filing_account")
    assert table.column_names == TABLES["filing_account"].columns
    assert table["records_corrected"].to_pylist() == [None, 0]


@pytest.mark.parametrize("bit", range(0, 4000, 97))
def test_a_bit_that_is_another_is_known_by_the_name_of_its_file(tmp_path: Path, bit: int) -> None:
    ledger.append(tmp_path, "filing_account", "1", [account("1", "a")])
    [path] = (tmp_path / "filing_account").iterdir()
    content = bytearray(path.read_bytes())
    content[bit % len(content)] ^= 1 << bit % 8
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="not what its name says") as caught:
        ledger.read(tmp_path, "filing_account")
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a parquet file", b"PAR1PAR1"])
def test_a_run_that_cannot_be_read_stops_instead_of_being_lost(tmp_path: Path, content: bytes) -> None:
    ledger.append(tmp_path, "filing_account", "1", [account("1", "a")])
    damaged = tmp_path / "filing_account" / "2.parquet"
    damaged.write_bytes(content)
    with pytest.raises(ConfigurationError, match="a ledger file cannot be read") as caught:
        ledger.read(tmp_path, "filing_account")
    assert str(damaged) in str(caught.value)
