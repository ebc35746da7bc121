"""The field dictionary as SQLAlchemy tables, for every database alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, MetaData, Numeric, String
from sqlalchemy import Table as SqlTable
from sqlalchemy.types import TypeEngine

from fleetstats.core.schema.model import DECIMALS, Field, Table, Type

_TYPES: dict[Type, type[TypeEngine[Any]]] = {
    "text": String,
    "count": BigInteger,
    "integer": BigInteger,
    "boolean": Boolean,
    "date": Date,
    "ratio": Double,
}


def metadata(tables: Iterable[Table]) -> MetaData:
    """The tables with their columns, types, nullability and comments."""
    collected = MetaData()
    for table in tables:
        SqlTable(
            table.name,
            collected,
            *(
                Column(f.name, _sql_type(f.type), nullable=f.nullable, comment=comment(f))
                for f in table.fields
            ),
            comment=table.describes,
        )
    return collected


def _sql_type(kind: Type) -> TypeEngine[Any]:
    if kind in DECIMALS:
        precision, scale = DECIMALS[kind]
        return Numeric(precision, scale)
    if kind == "timestamp":
        return DateTime(timezone=True)
    return _TYPES[kind]()


def comment(field: Field) -> str:
    """What a column says, with its unit."""
    return f"{field.description} [{field.unit}]" if field.unit else field.description
