"""What a table and a field are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa


Type = Literal[
    "text", "count", "integer", "boolean", "date", "timestamp", "mi", "km", "figure", "part", "ratio"
]  # fmt: skip


Kind = Literal["reference", "core", "finding", "ledger", "mart", "lineage", "crosscheck"]


DECIMALS: dict[Type, tuple[int, int]] = {"mi": (18, 9), "km": (28, 15), "figure": (28, 9), "part": (28, 15)}
"""Quantities that add up are decimals (precision, scale); only ratios and limits are floats."""


class Kept(NamedTuple):
    """How values of a field type are kept in each place that has types of its own.

    `arrow` makes the Arrow type, given pyarrow; `sql` is the name that DuckDB shows (an engine with another word for
    it says so itself); `frictionless` is that of a data package; `sqlite` has no decimals, days and times.
    """

    arrow: Callable[[Any], Any]
    sql: str
    frictionless: str
    sqlite: str


def _decimal(precision: int, scale: int) -> Kept:
    sql = f"DECIMAL({precision},{scale})"
    return Kept(lambda pa: pa.decimal128(precision, scale), sql, "number", "REAL")


TYPES: dict[Type, Kept] = {
    "text": Kept(lambda pa: pa.string(), "VARCHAR", "string", "TEXT"),
    "count": Kept(lambda pa: pa.int64(), "BIGINT", "integer", "INTEGER"),
    "integer": Kept(lambda pa: pa.int64(), "BIGINT", "integer", "INTEGER"),
    "boolean": Kept(lambda pa: pa.bool_(), "BOOLEAN", "boolean", "INTEGER"),
    "date": Kept(lambda pa: pa.date32(), "DATE", "date", "TEXT"),
    "timestamp": Kept(lambda pa: pa.timestamp("us", tz="UTC"), "TIMESTAMPTZ", "datetime", "TEXT"),
    "ratio": Kept(lambda pa: pa.float64(), "DOUBLE", "number", "REAL"),
    **{kind: _decimal(*digits) for kind, digits in DECIMALS.items()},
}
"""Every field type in every place; whoever needs a type reads its column here."""


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

    def arrow_schema(self, columns: Iterable[str] | None = None) -> pa.Schema:
        """Some columns (default: all) as an Arrow schema: decimals, not floats, where quantities add up."""
        import pyarrow as pa

        fields = {f.name: f for f in self.fields}
        wanted = fields.values() if columns is None else [fields[name] for name in columns]
        return pa.schema([pa.field(f.name, arrow_type(f.type), nullable=f.nullable) for f in wanted])


def arrow_type(kind: Type) -> pa.DataType:
    """The Arrow type of a field type."""
    import pyarrow as pa

    return TYPES[kind].arrow(pa)
