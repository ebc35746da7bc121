"""Queries on a published DuckDB file, as an analyst puts them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fleetstats.warehouse.duckdb.reader import open_reader

if TYPE_CHECKING:
    import pyarrow as pa


def query(path: Path, sql: str) -> pa.Table:
    """The result of one statement."""
    with open_reader(path) as reader:
        return reader.query(sql)
