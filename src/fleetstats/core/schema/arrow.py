"""Rows as Arrow tables in the types of the field dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetstats.core.schema.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa


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
