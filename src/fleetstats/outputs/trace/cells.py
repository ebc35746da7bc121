"""The cells of a mart's rows, each with the records that it is made of and whether they add up to it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from fleetstats.core.schema.model import DECIMALS, Table
from fleetstats.core.schema.tables import TABLES
from fleetstats.outputs.trace.conversions import exact, same
from fleetstats.outputs.trace.forecast_cells import LEDGER_OF, ForecastCells
from fleetstats.outputs.trace.model import Cell, new_cell
from fleetstats.outputs.trace.published import Published
from fleetstats.outputs.trace.records import Cores, Records
from fleetstats.outputs.trace.source_records import Filings

_ADDS_UP = ("count", *DECIMALS)


class Cells:
    """Follows rows of marts back. What was followed once is not followed again."""

    def __init__(self, published: Published, files: Filings) -> None:
        self._published = published
        self._records = Records(published, files, self._nested)
        self._forecasts = ForecastCells(published, self._records)
        self._known: dict[tuple[str, str], list[Cell]] = {}

    def of_rows(self, spec: Table, rows: Sequence[dict[str, Any]], column: str | None) -> list[Cell]:
        """The cells of rows, followed back: of one column, or of every column that has lineage."""
        lines = self._published.lineage(spec.name, (row["figure_key_"] for row in rows))
        cores = self._records.cores([line for found in lines.values() for line in found])
        cells: list[Cell] = []
        for row in rows:
            cells += self._of_row(spec, row, lines.get(row["figure_key_"], []), cores, column)
        return cells

    def _nested(self, spec: Table, key: str, row: dict[str, Any]) -> list[Cell]:
        if (spec.name, key) not in self._known:
            self._known[spec.name, key] = self.of_rows(spec, [row], None)
        return self._known[spec.name, key]

    def _of_row(
        self,
        spec: Table,
        row: dict[str, Any],
        lines: list[dict[str, Any]],
        cores: Cores,
        column: str | None,
    ) -> list[Cell]:
        lined = list(dict.fromkeys(line["column_name"] for line in lines))
        if spec.name in LEDGER_OF:
            columns = self._forecasts.columns(spec, column)
            return [self._forecasts.cell(spec, row, name, lines, cores) for name in columns]
        if spec.name == "record_change" and lines:
            # The column is named in the row: before and after are the records of two editions
            cell = self._cell(spec, row, lined[0], lines, lines, cores)
            cell.column, cell.value = "new", row["new"]
            return [cell]
        first = [line for line in lines if line["column_name"] == lined[0]] if lined else []
        beside = [
            name
            for name in spec.columns
            if name not in lined and name not in spec.key and self._beside(spec, name, first) is not None
        ]
        if column is None:
            wanted = lined
        elif column in lined or column in beside:
            wanted = [column]
        else:
            cell = new_cell(spec, row, column)
            computed = [*lined, *beside]
            cell.says.append(
                f"computed or taken over from {', '.join(computed)}, which follow: sql/marts/{spec.name}.sql says how"
                if computed
                else "leads to no record"
            )
            cell.reconciles = None if computed or row[column] is None else False
            return [cell, *(self._cell(spec, row, name, lines, first, cores) for name in computed)]
        if not wanted and not lines:
            claim = spec.name == "claim_review"
            cell = new_cell(spec, row, "verdict" if claim else _main(spec))
            empty = cell.value is None or claim
            cell.says.append("no figure is held that it could rest on" if empty else "leads to no record")
            cell.reconciles = None if empty else False
            return [cell]
        return [self._cell(spec, row, name, lines, first, cores) for name in wanted]

    def _beside(self, spec: Table, column: str, first: list[dict[str, Any]]) -> str | None:
        """The column of the core rows that adds up to a column without lineage of its own, if there is one."""
        fields = {f.name: f for f in spec.fields}
        names = set()
        for line in first:
            table = TABLES[line["core_table"]]
            name = table.in_marts.get(column, column)
            if table.kind != "core" or name not in table.columns or fields[column].type not in _ADDS_UP:
                return None
            names.add(name)
        return names.pop() if len(names) == 1 else None

    def _cell(
        self,
        spec: Table,
        row: dict[str, Any],
        column: str,
        lines: list[dict[str, Any]],
        first: list[dict[str, Any]],
        cores: Cores,
    ) -> Cell:
        cell = new_cell(spec, row, column)
        mine = [line for line in lines if line["column_name"] == column]
        name = column
        if not mine:
            name = self._beside(spec, column, first) or column
            mine = [
                {**line, "contribution": exact(cores[line["core_table"], line["core_key"]].get(name))}
                for line in first
            ]
        # What is taken off comes after what it is taken off from
        mine = sorted(mine, key=lambda line: (line["contribution"] or 0) < 0)
        cell.parts = [
            self._records.part(line, cores[line["core_table"], line["core_key"]], name) for line in mine
        ]
        added = [part.contribution for part in cell.parts if part.contribution is not None]
        if added:
            cell.total = sum(added, Decimal(0))
            cell.reconciles = same(cell.total, cell.value)
        elif cell.value is not None and any(f.name == column and f.type in _ADDS_UP for f in spec.fields):
            cell.reconciles = False
        if spec.name == "claim_review":
            cell.says += [f"{row['sentence_en']}", f"evidence: {row['evidence']}"]
            cell.says.append(f"computed from the figures that follow by the query in {row['claim']}.yml")
        if spec.name == "disengagement_monthly":
            cell.says += self._records.left_out(row)
        return cell


def _main(spec: Table) -> str:
    return next(
        (f.name for f in spec.fields if f.name not in spec.key and f.type in _ADDS_UP), spec.columns[-1]
    )
