"""How results reach a person or a program: tables, CSV, JSON, Parquet; progress on a terminal only."""

from __future__ import annotations

import io
import json
import math
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fleetstats.core.csv_tables import csv_line
from fleetstats.core.errors import ConfigurationError

if TYPE_CHECKING:
    import pyarrow as pa


Format = Literal["table", "csv", "json", "parquet"]


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


_QUOTE = "'"


def plain(value: Any) -> Any:
    """A value for JSON: decimals as numbers, days as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def to_json(value: Any) -> str:
    """A value as JSON text, Chinese as it is; a number that JSON has no word for is null."""
    return json.dumps(_finite(value), ensure_ascii=False, indent=2, default=plain, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def safe_cell(value: Any) -> Any:
    """A cell for CSV: a text that a spreadsheet would run as a formula gets an apostrophe in front.

    So does one that begins with an apostrophe, and the empty one, which would be read as no value at all:
    `plain_cell` takes exactly that apostrophe off again. Numbers stay numbers.
    """
    if isinstance(value, str) and (not value or value.startswith((*_FORMULA, _QUOTE))):
        return f"{_QUOTE}{value}"
    if isinstance(value, Decimal):
        return decimal_text(value)
    return value


def plain_cell(cell: str) -> str | None:
    """The text that `safe_cell` wrote as this cell; none for an empty cell."""
    return cell.removeprefix(_QUOTE) if cell else None


def decimal_text(value: Decimal) -> str:
    """A decimal without an exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_table(table: pa.Table, form: Format, output: Path | None) -> None:
    """Write a result to a file or to standard output. Parquet needs a file or a pipe."""
    table = table.rename_columns(_unique(table.column_names))
    if form == "parquet":
        import pyarrow.parquet as pq

        if output is None and sys.stdout.isatty():
            raise ConfigurationError(
                "Parquet is not text\n  to do:    add --output FILE, or pipe it into a file"
            )
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        _emit(buffer.getvalue(), output)
    elif form == "csv":
        lines = [csv_line(*table.column_names)]
        lines += [csv_line(*map(safe_cell, row.values())) for row in table.to_pylist()]
        _emit(("\n".join(lines) + "\n").encode(), output)
    elif form == "json":
        _emit((to_json(table.to_pylist()) + "\n").encode(), output)
    else:
        _emit(_drawn(table).encode(), output)


def _unique(names: list[str]) -> list[str]:
    """Names that tell the columns apart: `operator`, `operator_2`."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return found


def _emit(content: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        from fleetstats.core.files import write_atomically

        write_atomically(output, content)


def _drawn(table: pa.Table) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    interactive = sys.stdout.isatty()
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for field in table.schema:
        number = any(mark in str(field.type) for mark in ("int", "decimal", "double"))
        drawn.add_column(field.name, justify="right" if number else "left", overflow="fold")
    for row in table.to_pylist():
        drawn.add_row(*(Text(_cell(value)) for value in row.values()))
    out = io.StringIO()
    # Without a terminal nothing is cut to a width that nobody has
    console = Console(file=out, width=None if interactive else 10_000, force_terminal=interactive)
    console.print(drawn)
    count = f"{table.num_rows:,} row{'' if table.num_rows == 1 else 's'}\n"
    lines = "\n".join(line.rstrip() for line in out.getvalue().split("\n") if line.strip())
    return f"{lines}\n{count}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{Decimal(decimal_text(value)):,f}"
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.6g}"
    return str(value)
