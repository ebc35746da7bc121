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
from fleetstats.core.errors import ConfigurationError, printable

if TYPE_CHECKING:
    import pyarrow as pa


Format = Literal["table", "csv", "json", "parquet"]


_LONGEST_CELL = 10_000
"""Of a cell of a table that is drawn; files have all of it."""


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


_QUOTE = "'"


def plain(value: Any) -> Any:
    """A value for JSON: decimals as numbers, days as text, and as text whatever JSON has no word for."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


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
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=plain)
    return value.hex() if isinstance(value, bytes) else value


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
        pq.write_table(_for_parquet(table), buffer)
        _emit(buffer.getvalue(), output)
        return
    rows = _rows(table)
    if form == "csv":
        lines = [csv_line(*table.column_names)]
        lines += [csv_line(*map(safe_cell, row)) for row in rows]
        _emit_text("\n".join(lines) + "\n", output)
    elif form == "json":
        found = [dict(zip(table.column_names, row, strict=True)) for row in rows]
        _emit_text(to_json(found) + "\n", output)
    else:
        _emit_text(_drawn(table, rows), output)


def _rows(table: pa.Table) -> list[tuple[Any, ...]]:
    """The rows as Python values; as texts where Python has no such value, as of an infinite day."""
    columns = [_values(column) for column in table.columns]
    return list(zip(*columns, strict=True)) if columns else []


def _values(column: pa.ChunkedArray) -> list[Any]:
    import pyarrow as pa

    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError, pa.ArrowException):
        values = [_text_of(scalar) for scalar in column]
    return values


def _text_of(scalar: pa.Scalar) -> str | None:
    import pyarrow as pa

    try:
        return None if not scalar.is_valid else str(scalar.cast(pa.string()))
    except (ValueError, OverflowError, pa.ArrowException):
        return "a value that cannot be shown"


def _for_parquet(table: pa.Table) -> pa.Table:
    """The same table with texts in the place of what Parquet has no type for, such as an interval."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for place, field in enumerate(table.schema):
        try:
            pq.write_table(table.select([place]).slice(0, 0), io.BytesIO())
        except pa.ArrowException:
            texts = [None if value is None else str(value) for value in _values(table.column(place))]
            table = table.set_column(place, field.name, pa.array(texts, pa.string()))
    return table


def _unique(names: list[str]) -> list[str]:
    """Names that tell the columns apart: `operator`, `operator_2`."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return found


def _emit_text(text: str, output: Path | None) -> None:
    """Text for a file as it is; for a terminal without what it would obey."""
    if output is None and sys.stdout.isatty():
        text = "\n".join(printable(line) for line in text.split("\n"))
    _emit(text.encode(errors="backslashreplace"), output)


def _emit(content: bytes, output: Path | None) -> None:
    from fleetstats.core.destination import STANDARD_OUTPUT, destination

    if output is None or output == STANDARD_OUTPUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    with destination(output) as path:
        path.write_bytes(content)


def _drawn(table: pa.Table, rows: list[tuple[Any, ...]]) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    interactive = sys.stdout.isatty()
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for field in table.schema:
        number = any(mark in str(field.type) for mark in ("int", "decimal", "double"))
        drawn.add_column(field.name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(printable(_cell(value))) for value in row))
    out = io.StringIO()
    # Without a terminal nothing is cut to a width that nobody has
    console = Console(file=out, width=None if interactive else 10_000, force_terminal=interactive)
    console.print(drawn)
    count = f"{table.num_rows:,} row{'' if table.num_rows == 1 else 's'}\n"
    lines = "\n".join(line.rstrip() for line in out.getvalue().split("\n") if line.strip())
    return f"{lines}\n{count}"


def _cell(value: Any) -> str:
    text = _said(value)
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{Decimal(decimal_text(value)):,f}"
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.6g}"
    return str(value)
