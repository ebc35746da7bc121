"""Reading Parquet in one thread: those of `read_table` may be at work when a short command ends, and abort it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(source: Path | bytes | pa.Buffer, columns: Sequence[str] | None = None) -> pa.Table:
    """A file, or its bytes, as a table; `columns` are those wanted (default: all)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from_memory = not isinstance(source, Path)
    with pq.ParquetFile(pa.BufferReader(source) if from_memory else source) as file:
        return file.read(columns=None if columns is None else list(columns), use_threads=False)
