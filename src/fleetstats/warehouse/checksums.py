"""Checksums of tables: the same content gives the same one on every engine, in whatever order its rows come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from fleetstats.warehouse.queries import Sql, statement

_LANES = 2
"""A row's MD5 has two halves, each summed by itself."""


class Content(NamedTuple):
    """What a table holds: how many rows, in which columns, and the checksum over all of them."""

    rows: int
    columns: tuple[str, ...]
    checksum: str


@dataclass(frozen=True)
class Dialect:
    """How an engine writes down what engines write differently; `{column}` stands for the column.

    `half` is half a row's MD5 as a number, `{digits}` being 16 hexadecimal digits.
    """

    floating: str
    timestamp: str
    date: str
    half: str


def checksum_statement(table: str, columns: Mapping[str, str], dialect: Dialect) -> Sql:
    """The statement that sums up a table: its rows, and the sums of both halves of their hashes.

    `columns` have the engine's own names of their types. A row's text is the text of each column, of texts with its
    length in front, and a dash for no value, so that two rows share it only if they are equal; floats are written as
    their bits. Sums do not depend on the order of rows, and equal rows do not cancel out.
    """
    row = " || '|' || ".join(_text(name, kind, dialect) for name, kind in columns.items())
    halves = ", ".join(
        f"sum({dialect.half.format(digits=f'substr(h, {1 + 16 * lane}, 16)')})" for lane in range(_LANES)
    )
    template = "select count(*), {halves} from (select md5({row}) as h from {table}) as hashed"
    return statement(template, halves=Sql(halves), row=Sql(row), table=table)


def _text(column: str, kind: str, dialect: Dialect) -> str:
    kind = kind.lower()
    name = statement("{column}", column=column)
    if kind.startswith(("varchar", "text", "character")):
        text = f"length({name})::varchar || ':' || {name}"
    elif kind.startswith("double"):
        text = dialect.floating.format(column=name)
    elif kind.startswith("timestamp"):
        text = dialect.timestamp.format(column=name)
    elif kind == "date":
        text = dialect.date.format(column=name)
    else:
        text = f"{name}::varchar"
    return f"coalesce({text}, '-')"


def content(columns: Iterable[str], summed: tuple[int, int | None, int | None]) -> Content:
    """What the statement found, as it is recorded."""
    rows, *halves = summed
    return Content(rows, tuple(columns), "".join(f"{int(half or 0) % 2**64:016x}" for half in halves))
