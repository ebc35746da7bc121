"""The tables under the charts: rows of the marts, each with an address of its own and the filings behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from fleetstats.core.periods import quarter_of
from fleetstats.core.schema.keys import key_text
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.words import SOURCE, Said, message, name_in_data
from fleetstats.outputs.report.evidence import Evidence, Row, Source
from fleetstats.outputs.report.words import anchor

if TYPE_CHECKING:
    import pyarrow as pa

    from fleetstats.warehouse.base import Reader
from fleetstats.outputs.report.table_specs import CODES, PARTS, REASONS, Column, Spec
from fleetstats.outputs.report.words import number
from fleetstats.warehouse.queries import Sql, statement


@dataclass(frozen=True)
class Cell:
    """A cell: its words, what it is sorted by, and where its number is from."""

    text: Said
    sort: str
    number: bool
    href: str | None = None


@dataclass(frozen=True)
class Line:
    """A row with its address."""

    anchor: str
    cells: list[Cell]
    source: Source


@dataclass
class Table:
    """A table as it is printed, and the whole of it for the downloads.

    `addresses`: by the key of the page, where each row is that is shown; `figure_anchors`: the
    same by its `figure_key`.
    """

    spec: Spec
    lines: list[Line]
    rows: list[Row]
    data: pa.Table
    addresses: dict[tuple[Any, ...], str]
    figure_anchors: dict[str, str]

    def row(self, **key: object) -> Row | None:
        """The row with these values."""
        return next((r for r in self.rows if all(r[k] == v for k, v in key.items())), None)

    def address(self, row: Row) -> str | None:
        """Where the row is on the page; without a place of its own, the table's."""
        own = self.addresses.get(_key(self.spec, row))
        return f"#{own}" if own else f"#{anchor('t', self.spec.name)}"


TRACES = "trace"
"""The folder of the pages that follow rows back; one for each mart."""


def _key(spec: Spec, row: Row) -> tuple[Any, ...]:
    return tuple(row[k] for k in spec.key)


def trace_link(mart: str, address: str) -> str:
    """Where a row of a mart is followed back to its records: on a page beside this one, at the row's address."""
    return f"{TRACES}/{mart}.html#{address}"


def read(reader: Reader, spec: Spec, evidence: Evidence, quarter: str, until: date) -> Table:
    """A table with the addresses of its rows; its data has every row, with the filings behind it."""
    import pyarrow as pa

    query = statement(spec.query, figure_key=Sql(key_text(TABLES[spec.mart], "m")), **PARTS)
    data = reader.query(query, {"until": until})
    figure_keys = data["figure_key_"].to_pylist()
    found = evidence.sources(spec.mart)
    sources = [found.get(key, Source()) for key in figure_keys]
    data = data.drop_columns("figure_key_")
    rows = data.to_pylist()
    data = data.append_column("filings", pa.array(["; ".join(s.filings) for s in sources], pa.string()))
    visible = {_key(spec, r) for r in spec.shown(rows, quarter)}
    table = Table(spec, [], rows, data, {}, {})
    for row, figure_key, source in zip(rows, figure_keys, sources, strict=True):
        key = _key(spec, row)
        if key in visible:
            address = table.addresses[key] = table.figure_anchors[figure_key] = anchor("r", spec.mart, *key)
            link = trace_link(spec.mart, address)
            table.lines.append(Line(address, [_cell(c, row, link) for c in spec.columns], source))
    return table


def _cell(column: Column, row: Row, href: str) -> Cell:
    value = row[column.name]
    if column.number:
        words = "" if value is None else number(value)
        return Cell(
            words,
            "" if value is None else f"{value}",
            True,
            None if value is None else href,
        )
    if column.name in ("operator", "scope"):
        name = name_in_data(row, column.name, str(value).replace("_", " "))
        return Cell(name, name.names[SOURCE], False)
    if column.name in ("month", "since") and isinstance(value, date):
        return Cell(f"{value:%Y-%m}", value.isoformat(), False)
    if column.name == "convention" and value == "exact":
        return Cell(message("1.609344 km"), "exact", False)
    if column.name == "reason":
        return Cell(REASONS.get(value, value or ""), value or "", False)
    return Cell(CODES.get(str(value), "" if value is None else str(value)), str(value), False)


def quarter_of_row(row: Row) -> str:
    """The quarter that a row is about, or ends in."""
    if row.get("quarter"):
        return str(row["quarter"])
    return quarter_of(row.get("month") or row.get("through") or row["as_of"])
