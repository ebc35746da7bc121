"""The records that a cell is made of: what each prints, and how that became its part of the cell."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fleetstats.core.formats import decimal_text
from fleetstats.core.schema.keys import key_text
from fleetstats.core.schema.model import Table
from fleetstats.core.schema.tables import TABLES
from fleetstats.core.units import KM_PER_MI, KM_PER_MI_REPORT, mi_to_km
from fleetstats.outputs.trace.conditions import Condition, both, equals, is_one_of
from fleetstats.outputs.trace.conversions import exact, miles_of, reading, times
from fleetstats.outputs.trace.model import Cell, Part, new_cell
from fleetstats.outputs.trace.published import Published
from fleetstats.outputs.trace.source_records import Filings, FoundRecords
from fleetstats.sources.printed import Printed
from fleetstats.sources.registry import source as source_of
from fleetstats.warehouse.queries import statement

_SAME_CELL = (
    "source", "operator", "scope", "area", "measure", "segment", "region", "period_start", "period_end", "as_of",
)  # fmt: skip

Cores = dict[tuple[str, str], dict[str, Any]]
"""The rows that lines of lineage lead to, by table and key."""

Nested = Callable[[Table, str, dict[str, Any]], list[Cell]]
"""The cells of a row of a mart that a cell of another is made of, by its table and key."""


class Records:
    """Follows lines of lineage to the rows of core tables, and those to the files on this machine."""

    def __init__(self, published: Published, files: Filings, nested: Nested) -> None:
        self._published = published
        self._files = files
        self._nested = nested
        self._sources: dict[tuple[str, str, str], FoundRecords] = {}

    def cores(self, lines: list[dict[str, Any]]) -> Cores:
        """The rows that lines of lineage lead to, by table and key; those that are gone are empty."""
        found: Cores = {}
        wanted: dict[str, set[str]] = {}
        for line in lines:
            wanted.setdefault(line["core_table"], set()).add(line["core_key"])
            found[line["core_table"], line["core_key"]] = {}
        for name, keys in wanted.items():
            spec = TABLES[name]
            if spec.kind == "ledger":
                for row in self._published.scores(spec, keys):
                    found[name, row["figure_key_"]] = row
                continue
            for row in self._published.rows(spec, is_one_of(key_text(spec, "t"), keys)):
                found[name, row["figure_key_"]] = row
        self._published.note_filings({str(row["filing"]) for row in found.values() if row.get("filing")})
        return found

    def part(self, line: dict[str, Any], row: dict[str, Any], column: str) -> Part:
        """One line of lineage with its core row, and what the filing prints."""
        spec = TABLES[line["core_table"]]
        part = Part(line["part"], spec.name, line["core_key"], exact(line["contribution"]), line["filing"])
        part.row = {k: v for k, v in row.items() if k != "figure_key_" and v is not None}
        if not row:
            part.ends_at, part.reconciles = "It leads to a row that is not there", False
            return part
        if spec.kind == "mart":
            part.cells = self._nested(spec, line["core_key"], row)
            return part
        if spec.name == "published_figure":
            self._figure(part, row)
        elif spec.name in ("filing", "known_gap") or spec.kind == "ledger":
            part.ends_at = (
                "It ends here"
                if spec.kind != "ledger"
                else f"{row['scores']:,} rows of the ledger {spec.name}"
            )
        elif part.filing is not None:
            self._counted(part, row, column)
        return part

    def _figure(self, part: Part, row: dict[str, Any]) -> None:
        """A figure that a page printed: its number there, how it became the value, and why it was chosen."""
        value, printed = row["value"], row["printed"]
        part.ends_at = f"record {row['record']} of the transcription, {row['confidence']}"
        if printed is not None:
            part.records = [Printed(row["record"], "printed", printed, value)]
            part.done.append(reading(printed, value, row["unit"]))
        elif row["derived_from"]:
            part.done.append(f"derived: {row['derived_from']}")
            keys = [word[1:] for word in row["derived_from"].split()]
            for found in self._published.rows(
                TABLES["published_figure"],
                both(equals({"filing": row["filing"]}), is_one_of("t.figure", keys)),
            ):
                inner = Part(
                    "input", "published_figure", found["figure_key_"], found["value"], found["filing"]
                )
                inner.row = {k: v for k, v in found.items() if k != "figure_key_" and v is not None}
                self._figure(inner, found)
                cell = new_cell(TABLES["published_figure"], found, "value")
                cell.parts, cell.total, cell.reconciles = [inner], found["value"], None
                part.cells.append(cell)
        else:
            part.done.append(f"no number is printed: {row['confidence']}")
        if row["unit"] == "mi" and row["distance_km"] is not None:
            part.done.append(times(value, KM_PER_MI, row["distance_km"]))
            part.reconciles = mi_to_km(value) == row["distance_km"]
        if row["note"]:
            part.done.append(f"note: {row['note']}")
        same, own = equals({name: row[name] for name in _SAME_CELL}), equals({"figure": row["figure"]})
        another = Condition(statement("not ({own})", own=own.sql), own.parameters)
        others = self._published.rows(TABLES["figure_in_force"], both(same, another))
        part.passed_over = [
            {
                k: other[k]
                for k in ("figure", "filing", "value", "unit", "bound", "confidence", "title_printed", "url")
            }
            for other in others
        ]
        self._published.note_filings({other["filing"] for other in others})
        if row["choice_reason"]:
            part.done.append(f"chosen by review: {row['choice_reason']}")
        elif others:
            part.done.append(
                f"first of {len(others) + 1} figures of this cell, by confidence and then by day of issue"
            )

    def _counted(self, part: Part, row: dict[str, Any], column: str) -> None:
        """A row that was counted from the records of a file."""
        filing = self._published.filing(str(part.filing))
        counted_by = miles_of(part, row, column) or column
        if (part.table, part.key, counted_by) not in self._sources:
            self._sources[part.table, part.key, counted_by] = self._files.find(
                part.table, row, filing, counted_by
            )
        source = self._sources[part.table, part.key, counted_by]
        part.ends_at, part.records = source.ends_at, source.records
        miles = miles_of(part, row, column)
        counted = exact(row.get(miles or column))
        if miles is not None and counted is not None and part.contribution is not None:
            factor = KM_PER_MI_REPORT if "1.6 km" in part.part else KM_PER_MI
            part.done.append(times(counted, factor, part.contribution))
            part.reconciles = counted * factor == part.contribution
        values = [record.value for record in part.records if record.value is not None]
        if values and counted is not None and column not in ("vehicles", "vehicles_masked"):
            found = sum(values, Decimal(0))
            part.reconciles = part.reconciles is not False and found == counted
            if len(values) > 1:
                unit = " mi" if miles else ""
                part.done.insert(
                    0, f"{len(values):,} records of the file add up to {decimal_text(found)}{unit}"
                )
        numbers = {record.record for record in part.records}
        original = source.ends_at.startswith("Read again")
        part.corrections = [
            c
            for c in filing["corrections"]
            if original and c["record"] in numbers and c["action"] != "reject"
        ]
        part.done += self._decisions(part, row)

    def _decisions(self, part: Part, row: dict[str, Any]) -> list[str]:
        found = []
        measure = _measure_of(part.table)
        for d in self._published.double_counts:
            if d["measure"] != measure or any(d[k] != row[k] for k in ("operator", "month")):
                continue
            if (d["filing"], d["permit"]) == (row["filing"], row["permit"]) and d["decision"] == "kept":
                found.append(f"in two filings, kept here: {_double(d)}")
            elif d["other_filing"] == row["filing"]:
                what = "left out there" if d["decision"] == "left_out" else "kept there too"
                found.append(f"in two filings, {what}: {_double(d)}")
        return found

    def left_out(self, row: dict[str, Any]) -> list[str]:
        """What reviews left out of a month, being in two filings."""
        return [
            f"left out of {d['filing']} by review: {_double(d)}"
            for d in self._published.double_counts
            if d["decision"] == "left_out" and all(d[k] == row[k] for k in ("operator", "scope", "month"))
        ]


def _measure_of(table: str) -> str | None:
    """What decisions on double counts call the figures of a core table, if there may be any."""
    code = TABLES[table].source
    counted = source_of(code).double_counts if code is not None else {}
    return next((measure for measure, c in counted.items() if c.table == table), None)


def _double(decision: dict[str, Any]) -> str:
    unit = " mi" if decision["measure"] == "mileage" else f" {decision['measure']}"
    unit = unit.removesuffix("s") if decision["value"] == 1 else unit
    both = f"{decision['filing']} and {decision['other_filing']}"
    return f"{decimal_text(decision['value'])}{unit} of {both}: {decision['reason']}"
