"""What a table and a field are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa


Type = Literal[
    "text", "count", "integer", "boolean", "date", "timestamp", "mi", "km", "figure", "part", "ratio"
]  # fmt: skip


Kind = Literal["reference", "core", "finding", "ledger", "mart", "lineage", "crosscheck"]


DECIMALS: dict[Type, tuple[int, int]] = {"mi": (18, 9), "km": (28, 15), "figure": (28, 9), "part": (28, 15)}
"""Quantities that add up are decimals (precision, scale); only ratios and limits are floats."""


NEVER_NEGATIVE: frozenset[Type] = frozenset({"count", "mi", "km"})
"""What is counted and how far it went is at least nothing."""


@dataclass(frozen=True)
class Field:
    """A column: its type, what it says, and its unit.

    `minimum` is its smallest value where the type does not say it already, `values` is the closed list of what it can
    say. What is stated here is expected of every table with the column (`quality/derived.py`).
    """

    name: str
    type: Type
    description: str
    unit: str | None = None
    nullable: bool = False
    minimum: int | None = None
    values: tuple[str, ...] = ()

    @property
    def at_least(self) -> int | None:
        """The smallest value that it can have; None where there is none."""
        return 0 if self.minimum is None and self.type in NEVER_NEGATIVE else self.minimum


@dataclass(frozen=True)
class Table:
    """A published table. `key` names the columns that tell its rows apart.

    An `optional` table exists only in builds that read the publishers' own files, and so do the
    marts that read it.
    """

    name: str
    kind: Kind
    describes: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    optional: bool = False

    @property
    def columns(self) -> list[str]:
        """The column names in order."""
        return [field.name for field in self.fields]

    def arrow_schema(self) -> pa.Schema:
        """The same columns as an Arrow schema (decimals, not floats, where quantities add up)."""
        import pyarrow as pa

        return pa.schema([pa.field(f.name, arrow_type(f.type), nullable=f.nullable) for f in self.fields])


def arrow_type(kind: Type) -> pa.DataType:
    """The Arrow type of a field type."""
    import pyarrow as pa

    if kind in DECIMALS:
        return pa.decimal128(*DECIMALS[kind])
    return {
        "text": pa.string(),
        "count": pa.int64(),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "ratio": pa.float64(),
    }[kind]
