"""NHTSA Standing General Order 2021-01, crash reports of automated driving systems (ADS).

One record per version of a report. The highest version of each report counts; reports of the same incident,
by one entity or by several, are one incident. The archive (to June 2025) and the current file have other
columns; what is read here is in both. Narratives are never carried over, only hashes of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fleetstats.core.errors import BadInput
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.units import parse_count
from fleetstats.sources.columns import FoundColumns, find_columns
from fleetstats.sources.nhtsa_sgo.counts import ALL, PRINTED_DRIVERS, count_incidents
from fleetstats.sources.nhtsa_sgo.denominators import placed
from fleetstats.sources.nhtsa_sgo.digest import read_digest
from fleetstats.sources.nhtsa_sgo.editions import check_edition, parse_edition
from fleetstats.sources.nhtsa_sgo.hashes import hash_cells, hide_narratives
from fleetstats.sources.nhtsa_sgo.months import parse_month
from fleetstats.sources.printed import Original, Printed
from fleetstats.sources.records import Batch, Faults, Owner, interpret, open_form, read_batches, reject_faults
from fleetstats.sources.staged import Context, Rejected, Staged

_FIGURES = "report_id report_version entity report_type month incident state driver severity".split()
"""The columns that are, or decide, a figure."""


def read(context: Context) -> Staged:
    """Read one filing into nhtsa_incident_month and record_hash, and from an original also nhtsa_report.

    Raises `BadInput` for a file that is not of this form, an entity that no reviewed line names, and two
    records of one report and version.
    """
    check_edition(context)
    if context.held.read_as == "original":
        return _read_original(context)
    return read_digest(context)


def _read_original(context: Context) -> Staged:
    staged = Staged(context.held.filing.id)
    file = open_form(context)
    # Of a hundred other columns none is asked for
    columns = find_columns(file, context, staged, parse_edition, is_known=lambda _: True)
    reports: list[dict[str, Any]] = []
    hashes: list[dict[str, Any]] = []
    drivers = _Drivers(columns.title("driver"), context, staged)
    for batch in read_batches(file, context, staged, Owner(columns.places["entity"])):
        reports += _read_batch(batch, columns, drivers, context, staged)
        hashes += _hash_batch(batch, columns, staged)
    if not reports:
        raise BadInput("a file without records", file=context.name, expected="a record per report")
    _mark_latest(reports, columns, context)
    staged.records_superseded = sum(not r["latest_version"] for r in reports)
    staged.records_loaded = len(reports) - staged.records_superseded
    hide_narratives(staged)
    staged.tables["nhtsa_report"] = rows_to_table("nhtsa_report", reports)
    loaded = {f"{r['report_id']}/{r['report_version']}" for r in reports}
    staged.tables["record_hash"] = rows_to_table(
        "record_hash", [h for h in hashes if h["record_key"] in loaded]
    )
    staged.tables["nhtsa_incident_month"] = placed(count_incidents(reports), context)
    return staged


class _Drivers:
    """Maps the printed kind of driver to a code, and warns once of each that is not known."""

    def __init__(self, title: str, context: Context, staged: Staged) -> None:
        self._title = title
        self._name = context.name
        self._staged = staged

    def __call__(self, text: str) -> str:
        found = PRINTED_DRIVERS.get(text.strip())
        if found is None:
            self._staged.warnings.append(
                f"{self._name}: {self._title} {text!r} is not known and counts as other"
            )
            return "other"
        return found


def parse_version(text: str) -> int:
    """A version as a whole number from 1 on; `ValueError` for anything else."""
    number = parse_count(text)
    if number < 1:
        raise ValueError("no version from 1 on")
    return number


def _key(text: str) -> str:
    if re.fullmatch(r"[0-9]+-[0-9]+", text.strip()) is None:
        raise ValueError("no report key such as 30270-14829")
    return text.strip()


def _text(text: str) -> str | None:
    return text.strip() or None


def _read_batch(
    batch: Batch, columns: FoundColumns, drivers: _Drivers, context: Context, staged: Staged
) -> list[dict[str, Any]]:
    """The reports of a batch; records with a cell that cannot be read are set aside, without narrative."""
    meanings: dict[str, tuple[str, Callable[[str], Any]]] = {
        "report_id": ("report_id", _key),
        "report_version": ("report_version", parse_version),
        "report_type": ("report_type", str.strip),
        "month": ("month", parse_month),
        "incident": ("incident", _text),
        "state": ("state", _text),
        "driver": ("driver", drivers),
        "engaged_printed": ("engaged", _text),
        "severity_printed": ("severity", _text),
    }
    faults = Faults()
    cells = {}
    for name, (column, meaning) in meanings.items():
        cells[name] = interpret(columns.cells(batch, column), meaning)
        faults.add(columns.title(column), cells[name])
    before = len(staged.rejected)
    keep = reject_faults(batch, faults, staged)
    for i in range(before, len(staged.rejected)):
        staged.rejected[i] = _without_narrative(staged.rejected[i], batch, columns)
    entities = columns.cells(batch, "entity").to_pylist()
    operators: dict[str, str] = {}
    rows = []
    for i in keep.tolist():
        record = int(batch.records[i])
        if entities[i] not in operators:
            operators[entities[i]] = context.operators.resolve_name(
                entities[i], file=context.name, record=record
            )
        row = {name: read.values[read.codes[i]] for name, read in cells.items()}
        rows.append(
            row
            | {
                "filing": staged.filing,
                "record": record,
                "operator": operators[entities[i]],
                "entity_printed": entities[i].strip(),
            }
        )
    return rows


def _without_narrative(row: Rejected, batch: Batch, columns: FoundColumns) -> Rejected:
    """The rejected record with nothing of it but the cells that are read, and not the narrative."""
    position = int((batch.records == row.record).nonzero()[0][0])
    text = "; ".join(
        f"{columns.title(name)}: {columns.cells(batch, name)[position].as_py()}"
        for name in columns.columns
        if name != "narrative"
    )
    return row._replace(source_text=text)


def _hash_batch(batch: Batch, columns: FoundColumns, staged: Staged) -> list[dict[str, Any]]:
    """The hashes of every record of a batch, CRLF and CR inside cells taken as LF."""
    places = columns.places
    figures = [places[name] for name in _FIGURES if name in places]
    narrative = places["narrative"]
    others = [i for i in range(len(batch.cells)) if i not in {*figures, narrative}]
    texts = [cell.to_pylist() for cell in batch.cells]
    return [
        {
            "filing": staged.filing,
            "record_key": f"{cells[places['report_id']].strip()}/{cells[places['report_version']].strip()}",
            "hash_figures": hash_cells([cells[i] for i in figures]),
            "hash_text": hash_cells([cells[narrative]]),
            "hash_other": hash_cells([cells[i] for i in others]),
        }
        for cells in zip(*texts, strict=True)
    ]


def _mark_latest(reports: list[dict[str, Any]], columns: FoundColumns, context: Context) -> None:
    """Set `latest_version`; `BadInput` for two records of one report and version."""
    seen: dict[tuple[str, int], int] = {}
    latest: dict[str, int] = {}
    for row in reports:
        key = (row["report_id"], row["report_version"])
        if key in seen:
            raise BadInput(
                "two records of one report and version",
                file=context.name,
                record=row["record"],
                column=f"{columns.title('report_id')}, {columns.title('report_version')}",
                found=f"{key[0]}, version {key[1]}, as in record {seen[key]}",
                expected="one record for each",
                todo="fetch the file again; if the publisher has it so, drop one in corrections.yml",
            )
        seen[key] = row["record"]
        latest[key[0]] = max(latest.get(key[0], 0), key[1])
    for row in reports:
        row["latest_version"] = row["report_version"] == latest[row["report_id"]]


def printed(original: Original, row: Mapping[str, Any], _: str) -> Iterable[Printed]:
    """The reports behind a row of incidents: reports, since an incident is in the row of its first one."""
    same = {k: row[k] for k in ("operator", "month", "state", "driver") if k != "operator" or row[k] != ALL}
    for found in original.rows("nhtsa_report", latest_version=True, **same):
        note = f"{found['entity_printed']}; an incident counts once, by its first report"
        header, text = original.cell(found["record"], "report_id")
        yield Printed(found["record"], header, text, None, note)
