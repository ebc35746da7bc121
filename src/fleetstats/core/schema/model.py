"""What a table and a field are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa


Type = Literal[
    "text", "count", "integer", "boolean", "date", "timestamp", "mi", "km", "figure", "part", "ratio"
]  # fmt: skip


Kind = Literal["reference", "core", "finding", "ledger", "mart", "lineage", "crosscheck"]


DECIMALS: dict[Type, tuple[int, int]] = {"mi": (18, 9), "km": (28, 15), "figure": (28, 9), "part": (28, 15)}
"""Quantities that add up are decimals (precision, scale); only ratios and limits are floats."""


@dataclass(frozen=True)
class Field:
    """A column: its type, what it says, and its unit."""

    name: str
    type: Type
    description: str
    unit: str | None = None
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """A published table. `key` names the columns that tell its rows apart.

    - An `optional` table exists only in builds that read the publishers' own files, and so do the marts that read it.
    - `sources` are those it rests on: of a core table the one whose reader fills it, of a mart those that it selects
      from a table of several. Empty where they follow from what it reads, and where the registry of sources says who
      fills a table together.
    - `miles` are the columns that its kilometres are converted from; where there are two, the second is the high end.
    - `in_marts` are columns of marts that add up one of its columns under another name.
    - `figures` are the columns of a mart that are compared between publications, none where it shows figures of other
      marts, and `ends` is the column that says when a figure's period ends (or begins, of months and quarters).
    """

    name: str
    kind: Kind
    describes: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    optional: bool = False
    sources: tuple[str, ...] = ()
    miles: tuple[str, ...] = ()
    in_marts: Mapping[str, str] = dataclass_field(default_factory=dict, hash=False)
    figures: tuple[str, ...] = ()
    ends: str = ""

    @property
    def source(self) -> str | None:
        """Whose a core table is; None where several sources fill it, and for tables that are computed."""
        return self.sources[0] if self.kind == "core" and self.sources else None

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
