"""Rows as Arrow tables in the types of the field dictionary, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fleetstats.core.schema.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 50_000
"""Rows that are turned into Python values at a time."""


def make_table(name: str, columns: dict[str, Any]) -> pa.Table:
    """A table of the field dictionary from its columns; a missing or extra column raises `KeyError`."""
    import pyarrow as pa

    schema = TABLES[name].arrow_schema()
    if set(columns) != set(schema.names):
        raise KeyError(f"{name}: {sorted(set(columns) ^ set(schema.names))}")
    arrays = []
    for spec in schema:
        values = columns[spec.name]
        array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, spec.type)
        arrays.append(array if array.type == spec.type else array.cast(spec.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def rows_to_table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """A table of the field dictionary from row dictionaries; columns not given are null."""
    columns = TABLES[name].columns
    return make_table(name, {column: [row.get(column) for row in rows] for column in columns})


def rows_of(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """The rows of any table as Python values, in the order of its columns."""
    for batch in table.to_batches(max_chunksize=_BATCH):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def decimals_as_floats(table: pa.Table) -> pa.Table:
    """The same table with the nearest float for each decimal."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            # By way of text: Arrow's own conversion is off in the last digit for one value in twenty
            floats = table.column(place).cast(pa.string()).cast(pa.float64())
            table = table.set_column(place, field.name, floats)
    return table
