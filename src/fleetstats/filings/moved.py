"""Records that a publisher took out of a file whose editions keep every other record: reviewed lines."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fleetstats.core.csv_tables import csv_line, line_to_add, read_rows

MOVED_FILE = "moved.csv"
_COLUMNS = ("record_key", "reason", "reviewed_on")


def moved_keys(folders: Iterable[Path]) -> set[str]:
    """The records of which a reviewed line says why they are gone."""
    return {row["record_key"] for folder in folders for _, row in read_rows(folder / MOVED_FILE, _COLUMNS)}


def line_of(folder: Path, key: str) -> str:
    """For a message: the line that says why a record is gone, and where it goes."""
    return line_to_add(folder / MOVED_FILE, _COLUMNS, csv_line(key, "REASON", "DAY"))
