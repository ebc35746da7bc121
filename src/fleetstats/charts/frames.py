"""Frames as plain rows: numbers as floats, days as dates, nothing as None."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fleetstats.core.words import Words, name_in_data

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]


def rows_of(frame: pd.DataFrame, columns: Sequence[str], chart: str) -> list[Row]:
    """The rows of a frame; `ValueError` where a column is missing. The frame stays as it is."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"the frame of {chart} has no column {', '.join(missing)}")
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _plain(value: object) -> Any:
    import pandas as pd

    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, Decimal):
        return float(value)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return None if value == "" else value


def name_of(row: Row, column: str, words: Words) -> str:
    """The printed name of a code: `<column>_<language>` or `<column>_en`, else the code itself."""
    return words.of(name_in_data(row, column, str(row[column]).replace("_", " ")))
