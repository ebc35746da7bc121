"""Append-only records of runs: one immutable Parquet file per run and ledger, renamed into place.

No rebuild touches them. Each publication shows all of them as tables. The name of a file has its checksum, so that one
that was damaged is known; those of earlier versions have none.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.files import write_atomically
from fleetstats.core.parquet import read_parquet
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

_PROBE = 1 << 16
_DIGITS = 16


def append(folder: Path, ledger: str, run_id: str, rows: list[dict[str, Any]]) -> None:
    """Write the rows of one run; a run's file, once there, is never written again."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not rows or _files(folder, ledger, run_id):
        return
    out = pa.BufferOutputStream()
    pq.write_table(rows_to_table(ledger, rows), out)
    content = out.getvalue().to_pybytes()
    write_atomically(folder / ledger / f"{run_id}.{_checksum(content)}.parquet", content)


def must_be_writable(folder: Path, ledger: str) -> None:
    """Raise the `OSError` that appending to a ledger would meet, before there is something to append."""
    place = folder / ledger
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=place) as probe:
        probe.write(bytes(_PROBE))


def runs(folder: Path, ledger: str) -> list[str]:
    """The runs that have written to a ledger, oldest first (a run's id begins with its time)."""
    return [_run_of(path) for path in _files(folder, ledger)]


def read_run(folder: Path, ledger: str, run_id: str) -> list[dict[str, Any]]:
    """The rows that one run wrote; none if it wrote none. Raises as `read`."""
    rows: list[dict[str, Any]] = [
        row for path in _files(folder, ledger, run_id) for row in _read_file(path).to_pylist()
    ]
    return rows


def read(folder: Path, ledger: str) -> pa.Table:
    """A whole ledger, oldest run first, in today's columns.

    Columns that an older file lacks are null. Raises `ConfigurationError` for a file that cannot be read or is not as
    it was written, since a ledger must not silently lose a run.
    """
    import pyarrow as pa

    schema = TABLES[ledger].arrow_schema()
    tables = []
    for path in _files(folder, ledger):
        table = _read_file(path)
        columns = [
            table[field.name].cast(field.type)
            if field.name in table.column_names
            else pa.nulls(len(table), field.type)
            for field in schema
        ]
        tables.append(pa.Table.from_arrays(columns, schema=schema))
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _files(folder: Path, ledger: str, run_id: str = "") -> list[Path]:
    """The files of a ledger, oldest first, or those of one run."""
    return sorted(path for path in (folder / ledger).glob("[!.]*.parquet") if run_id in ("", _run_of(path)))


def _run_of(path: Path) -> str:
    return path.name.partition(".")[0]


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def _read_file(path: Path) -> pa.Table:
    import pyarrow as pa

    try:
        content = path.read_bytes()
        if path.name.count(".") == 1 or _checksum(content) == path.name.split(".")[1]:
            return read_parquet(content)
        found = "its content is not what its name says"
    except (OSError, pa.ArrowException) as error:
        found = str(error)
    raise ConfigurationError(
        f"a ledger file cannot be read: {path}\n  found:    {found}\n"
        "  to do:    put it back from a backup, or move it away to go on without that run"
    )
