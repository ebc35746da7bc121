"""What a trace is made of: cells, the parts they were made of, and the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from fleetstats.core.formats import decimal_text
from fleetstats.core.schema.keys import lineage_key
from fleetstats.core.schema.model import Table
from fleetstats.core.schema.tables import TABLES
from fleetstats.sources.printed import Printed


@dataclass
class Part:
    """One record that a cell is made of. `reconciles` is None where there is nothing to add up."""

    part: str
    table: str
    key: str
    contribution: Decimal | None = None
    filing: str | None = None
    row: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    corrections: list[dict[str, Any]] = field(default_factory=list)
    passed_over: list[dict[str, Any]] = field(default_factory=list)
    records: list[Printed] = field(default_factory=list)
    ends_at: str | None = None
    reconciles: bool | None = None
    cells: list[Cell] = field(default_factory=list)


@dataclass
class Cell:
    """One value of a mart, and what it is made of."""

    mart: str
    key: dict[str, Any]
    column: str
    value: Any
    unit: str | None
    bound: str | None
    says: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    total: Decimal | None = None
    reconciles: bool | None = None

    @property
    def figure_key(self) -> str:
        """Its row, as `lineage` names it."""
        key = {name: self.key[name] for name in lineage_key(TABLES[self.mart])}
        return ", ".join(f"{name}={value}" for name, value in key.items() if value is not None)

    def wrong(self) -> Iterator[str]:
        """Where this cell, or a part of it, does not add up."""
        name = f"{self.mart}, {', '.join(f'{k}={v}' for k, v in self.key.items() if v is not None)}, {self.column}"
        if self.reconciles is False:
            found = "no record" if not self.parts else f"{self.total}"
            yield f"{name}: the records add up to {found}, the cell is {self.value}"
        for part in self.parts:
            if part.reconciles is False:
                yield f"{name}: {part.table} {part.key}: the file does not say what the row says"
            for cell in part.cells:
                yield from cell.wrong()


@dataclass
class Trace:
    """The cells asked for, and the filings that they lead to, of one publication."""

    publication: dict[str, Any]
    mart: str
    where: str
    cells: list[Cell]
    filings: dict[str, dict[str, Any]]

    @property
    def wrong(self) -> list[str]:
        """What does not add up, each in a line; empty if all does."""
        return list(dict.fromkeys(line for cell in self.cells for line in cell.wrong()))

    def facts(self) -> dict[str, Any]:
        """For JSON: decimals as texts, so that no digit is lost."""
        found = {**asdict(self), "reconciles": not self.wrong, "wrong": self.wrong}
        exact: dict[str, Any] = _exact(found)
        return exact


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, dict):
        return {k: _exact(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value


def new_cell(spec: Table, row: dict[str, Any], column: str, unit: str | None = None) -> Cell:
    """A cell of a row that has not been followed yet; `unit` is its unit where the column has none of its own."""
    own = next((f.unit for f in spec.fields if f.name == column), None)
    # A row's bound is that of its figure; an end of a range has its own, or none
    bound = row.get({"km_high": "km_high_bound", "km_low": ""}.get(column, "bound"))
    unit = own or unit or (row.get("unit") if column == "value" else None)
    return Cell(spec.name, {k: row[k] for k in spec.key}, column, row.get(column), unit, bound)
