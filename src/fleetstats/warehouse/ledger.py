"""Append-only records of runs: one immutable Parquet file per run and ledger, renamed into place.

No rebuild touches them. Each publication shows all of them as tables.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.files import write_atomically
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.schema.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa


def append(folder: Path, ledger: str, run_id: str, rows: list[dict[str, Any]]) -> None:
    """Write the rows of one run; a run's file, once there, is never written again."""
    import pyarrow.parquet as pq

    path = folder / ledger / f"{run_id}.parquet"
    if path.exists() or not rows:
        return
    out = io.BytesIO()
    pq.write_table(rows_to_table(ledger, rows), out)
    write_atomically(path, out.getvalue())


def runs(folder: Path, ledger: str) -> list[str]:
    """The runs that have written to a ledger, oldest first (a run's id begins with its time)."""
    return sorted(path.stem for path in (folder / ledger).glob("*.parquet"))


def read_run(folder: Path, ledger: str, run_id: str) -> list[dict[str, Any]]:
    """The rows that one run wrote; none if it wrote none."""
    import pyarrow.parquet as pq

    path = folder / ledger / f"{run_id}.parquet"
    if not path.exists():
        return []
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def read(folder: Path, ledger: str) -> pa.Table:
    """A whole ledger, oldest run first, in today's columns.

    Columns that an older file lacks are null. Raises `ConfigurationError` for a file that cannot be read,
    since a ledger must not silently lose a run.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = TABLES[ledger].arrow_schema()
    tables = []
    for run_id in runs(folder, ledger):
        path = folder / ledger / f"{run_id}.parquet"
        try:
            table = pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise ConfigurationError(
                f"a ledger file cannot be read: {path}\n  found:    {error}\n"
                "  to do:    put it back from a backup, or move it away to go on without that run"
            ) from error
        columns = [
            table[field.name].cast(field.type)
            if field.name in table.column_names
            else pa.nulls(len(table), field.type)
            for field in schema
        ]
        tables.append(pa.Table.from_arrays(columns, schema=schema))
    return pa.concat_tables(tables) if tables else schema.empty_table()
