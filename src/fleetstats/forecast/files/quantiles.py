"""Forecasts as a long file: `series_id, model, target_period, quantile, value`, as CSV or Parquet, streamed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from fleetstats.core.csv_tables import csv_line
from fleetstats.core.destination import destination
from fleetstats.core.formats import safe_cell
from fleetstats.forecast.engine.result import LEVELS, Forecast

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("series_id", "model", "target_period", "quantile", "value")


@dataclass(frozen=True, eq=False)
class Quantiles:
    """What of a forecast goes into the file: `values` has the shape (levels, h)."""

    series_id: str
    model: str
    target_periods: tuple[str, ...]
    levels: tuple[float, ...]
    values: NDArray[np.float64]
    imputed: tuple[str, ...]

    @classmethod
    def of(cls, forecast: Forecast) -> Quantiles:
        """The quantiles of a forecast's increments at the published levels."""
        return cls(
            forecast.series_id,
            forecast.model,
            forecast.target_periods,
            LEVELS,
            forecast.quantiles(LEVELS),
            forecast.imputed,
        )


class Writer(Protocol):
    """Takes forecasts one by one."""

    def write(self, rows: Sequence[Quantiles]) -> None:
        """Appends their rows."""


class _Csv:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(csv_line(*COLUMNS) + "\n")

    def write(self, rows: Sequence[Quantiles]) -> None:
        """Appends their rows; no cell is one that a spreadsheet would run."""
        for one in rows:
            begin = csv_line(safe_cell(one.series_id), one.model)
            for h, period in enumerate(one.target_periods):
                self._file.writelines(
                    f"{begin},{period},{level!r},{_number(one.values[i, h])}\n"
                    for i, level in enumerate(one.levels)
                )

    def close(self) -> None:
        """Everything is on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


class _Parquet:
    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        types = (pa.string(), pa.string(), pa.string(), pa.float64(), pa.float64())
        self._schema = pa.schema(list(zip(COLUMNS, types, strict=True)))
        self._writer = pq.ParquetWriter(str(path), self._schema)

    def write(self, rows: Sequence[Quantiles]) -> None:
        """Appends their rows as one row group."""
        if rows:
            self._writer.write_table(self._table(rows))

    def _table(self, rows: Sequence[Quantiles]) -> pa.Table:
        import pyarrow as pa

        sizes = [one.values.size for one in rows]
        columns = [
            np.repeat([one.series_id for one in rows], sizes),
            np.repeat([one.model for one in rows], sizes),
            np.concatenate([np.repeat(one.target_periods, len(one.levels)) for one in rows]),
            np.concatenate([np.tile(one.levels, len(one.target_periods)) for one in rows]),
            np.concatenate([one.values.T.ravel() for one in rows]),
        ]
        return pa.table(
            [pa.array(c, t.type) for c, t in zip(columns, self._schema, strict=True)], self._schema
        )

    def close(self) -> None:
        """The file's footer is written."""
        self._writer.close()


@contextmanager
def writing(output: Path) -> Iterator[Writer]:
    """A file that is there as a whole, or not at all; what is there already is written to (`core/destination.py`).

    Parquet where the name ends so, else CSV.
    """
    with destination(output) as partial:
        writer = _Parquet(partial) if output.suffix.lower() == ".parquet" else _Csv(partial)
        try:
            yield writer
        finally:
            writer.close()


def _number(value: float) -> str:
    """Ten digits, which is more than any forecast knows, and no `-0`."""
    return f"{value + 0.0:.10g}"
