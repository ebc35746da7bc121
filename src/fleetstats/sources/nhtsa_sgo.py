"""NHTSA Standing General Order 2021-01, crash reports of automated driving systems (ADS).

One record per version of a report. The highest version of each report counts; reports of the same incident,
by one entity or by several, are one incident. The archive (to June 2025) and the current file have other
columns; what is read here is in both. Narratives are never carried over, only hashes of them.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetstats.core.csv_tables import read_rows
from fleetstats.core.errors import BadInput, shorten
from fleetstats.core.periods import MONTH_NAMES, Period, month_end
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.units import parse_count
from fleetstats.sources.csv_file import RecordFile, normalise_header
from fleetstats.sources.digest_csv import check_corrections, read_corrected, write_table_csv
from fleetstats.sources.records import Batch, Faults, Owner, interpret, open_form, read_batches, reject_faults
from fleetstats.sources.staged import Context, Rejected, Staged

if TYPE_CHECKING:
    import pyarrow as pa

SOURCE = "nhtsa_sgo"
SCOPE = "nhtsa_sgo_ads"
ALL = "all"
DENOMINATORS_FILE = "denominators.csv"

_ID = "Report ID"
_VERSION = "Report Version"
_ENTITY = "Reporting Entity"
_TYPE = "Report Type"
_MONTH = "Incident Date"
_INCIDENT = "Same Incident ID"
_STATE = "State"
_DRIVER = "Driver / Operator Type"
_ENGAGED = "Automation System Engaged?"
_SEVERITY = "Highest Injury Severity Alleged"
_NARRATIVE = "Narrative"
_FIGURES = (_ID, _VERSION, _ENTITY, _TYPE, _MONTH, _INCIDENT, _STATE, _DRIVER, _SEVERITY)
_WANTED = (*_FIGURES, _ENGAGED, _NARRATIVE)

_DRIVERS = {
    "In-Vehicle (Commercial / Test)": "in_vehicle",
    "In-Vehicle and Remote (Commercial / Test)": "in_vehicle",
    "Remote (Commercial / Test)": "remote",
    "None": "none",
    "Consumer": "consumer",
    "Other, see Narrative": "other",
    "Unknown": "unknown",
    "": "unknown",
}
DRIVERS = tuple(dict.fromkeys(_DRIVERS.values()))
_INJURIES = ("minor", "moderate", "serious", "fatality")
_NO_INCIDENT = "No New or Updated Incident Reports"
_HASH_DIGITS = 8
_MONTH_CELL = re.compile(r"([A-Z]{3})-(20\d\d)")
_EDITION = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])(-amended-\d+)?")
_ARCHIVE = "archive-2021-2025"
_FIRST_MONTH = date(2021, 7, 1)
_CURRENT_FROM = date(2025, 4, 1)

_DIGEST_COLUMNS = (
    "table operator state driver month reports incidents incidents_shared incidents_injury "
    "record_key hash_figures hash_text hash_other"
).split()
_DENOMINATOR_COLUMNS = "operator state driver mileage_scope reason reviewed_on".split()


def parse_edition(edition: str) -> Period:
    """The incident months of an edition: `archive-2021-2025`, or the month it was seen in, as `2026-08`.

    `ValueError` for another name.
    """
    if edition == _ARCHIVE:
        return Period(_FIRST_MONTH, date(2025, 6, 30))
    match = _EDITION.fullmatch(edition)
    if match is None:
        raise ValueError(f"the month it was issued in, such as 2026-08, or {_ARCHIVE}")
    last = month_end(int(match[1]), int(match[2]))
    if last < _CURRENT_FROM:
        raise ValueError(f"a month after June 2025, when the current file began, or {_ARCHIVE}")
    return Period(_CURRENT_FROM, last)


def replaces(edition: str, editions: Iterable[str]) -> str | None:
    """The edition that a new one replaces: each monthly edition holds all reports of those before it.

    `ValueError` for a month before the latest edition held, which would replace what came after it.
    """
    monthly = sorted(e for e in editions if _EDITION.fullmatch(e))
    if _EDITION.fullmatch(edition) is None or not monthly:
        return None
    if edition < monthly[-1]:
        raise ValueError(f"an edition later than {monthly[-1]}, the latest one held")
    return monthly[-1]


def read(context: Context) -> Staged:
    """Read one filing into nhtsa_incident_month and record_hash, and from an original also nhtsa_report.

    Raises `BadInput` for a file that is not of this form, an entity that no reviewed line names, and two
    records of one report and version.
    """
    try:
        parse_edition(context.held.filing.edition)
    except ValueError as error:
        raise BadInput(
            "not an edition of this source",
            file=context.name,
            column="edition",
            found=context.held.filing.edition,
            expected=str(error),
            todo="rename the filing's folder and its edition in filing.yml",
        ) from error
    if context.held.read_as == "original":
        return _read_original(context)
    return _read_digest(context)


# Which mileage counts the same driving


@dataclass(frozen=True)
class Denominator:
    """A reviewed line: reports of an operator, state and driver (`*` is any) and the mileage they belong to."""

    operator: str
    state: str
    driver: str
    mileage_scope: str | None
    reason: str

    def covers(self, operator: str, state: str | None, driver: str) -> bool:
        """Whether the line is about such reports."""
        pairs = ((self.operator, operator), (self.state, state), (self.driver, driver))
        return all(asked in ("*", given) for asked, given in pairs)


@cache
def denominators(folders: tuple[Path, ...]) -> tuple[Denominator, ...]:
    """The reviewed lines of these folders; the first that covers a report decides.

    Lines of later folders come first. `BadInput` for a driver that is none, and where no line is for all.
    """
    found: list[Denominator] = []
    for folder in folders:
        path = folder / DENOMINATORS_FILE
        lines = []
        for number, row in read_rows(path, _DENOMINATOR_COLUMNS):
            if row["driver"] not in ("*", *DRIVERS):
                raise BadInput(
                    "an unknown kind of driver",
                    file=path,
                    record=number,
                    column="driver",
                    found=row["driver"],
                    expected=f"* or one of {', '.join(DRIVERS)}",
                )
            lines.append(
                Denominator(
                    row["operator"], row["state"], row["driver"], row["mileage_scope"] or None, row["reason"]
                )
            )
        found = lines + found
    if not any((d.operator, d.state, d.driver) == ("*", "*", "*") for d in found):
        raise BadInput(
            "reports without a decision on their mileage",
            file=folders[0] / DENOMINATORS_FILE,
            expected="a last line for *,*,*",
            todo="add the line, with the reason why there is no such mileage",
        )
    return tuple(found)


def _placed(rows: list[dict[str, Any]], context: Context) -> pa.Table:
    """nhtsa_incident_month from rows without the columns that are the same for all or come from review."""
    lines = denominators(context.folders)
    for row in rows:
        row |= {
            "filing": context.held.filing.id,
            "scope": SCOPE,
            "original_sha256": context.held.original_sha256,
            "mileage_scope": None,
            "reason": "a sum over entities",
        }
        if row["operator"] != ALL:
            line = next(d for d in lines if d.covers(row["operator"], row["state"], row["driver"]))
            row |= {"mileage_scope": line.mileage_scope, "reason": line.reason}
    return rows_to_table("nhtsa_incident_month", rows)


# The publisher's file


def _read_original(context: Context) -> Staged:
    staged = Staged(context.held.filing.id)
    file = open_form(context)
    places = _find_columns(file, context)
    staged.observed["columns"] = [" ".join(cell.split()) for cell in file.header]
    reports: list[dict[str, Any]] = []
    hashes: list[dict[str, Any]] = []
    drivers = _Drivers(context, staged)
    for batch in read_batches(file, context, staged, Owner(places[_ENTITY])):
        reports += _read_batch(batch, places, drivers, context, staged)
        hashes += _hash_batch(batch, places, staged)
    if not reports:
        raise BadInput("a file without records", file=context.name, expected="a record per report")
    _mark_latest(reports, context)
    staged.records_superseded = sum(not r["latest_version"] for r in reports)
    staged.records_loaded = len(reports) - staged.records_superseded
    _hide_narratives(staged)
    staged.tables["nhtsa_report"] = rows_to_table("nhtsa_report", reports)
    loaded = {f"{r['report_id']}/{r['report_version']}" for r in reports}
    staged.tables["record_hash"] = rows_to_table(
        "record_hash", [h for h in hashes if h["record_key"] in loaded]
    )
    staged.tables["nhtsa_incident_month"] = _placed(count_incidents(reports), context)
    return staged


def _find_columns(file: RecordFile, context: Context) -> dict[str, int]:
    """Where the wanted columns are; `BadInput` names those that are missing or there twice."""
    by_name: dict[str, list[int]] = defaultdict(list)
    for i, cell in enumerate(file.header):
        by_name[normalise_header(cell)].append(i)
    found = {name: by_name[normalise_header(name)] for name in _WANTED}
    wrong = [name for name, places in found.items() if len(places) != 1]
    if wrong:
        raise BadInput(
            "a column is missing or there twice" if len(wrong) == 1 else "columns are missing or there twice",
            file=context.name,
            record=1,
            column=", ".join(wrong),
            found=shorten(", ".join(" ".join(c.split()) for c in file.header), 300),
            expected=", ".join(_WANTED),
            todo="see whether this is the ADS file of the order, and whether the publisher renamed a column",
        )
    return {name: places[0] for name, places in found.items()}


class _Drivers:
    """Maps the printed kind of driver to a code, and warns once of each that is not known."""

    def __init__(self, context: Context, staged: Staged) -> None:
        self._name = context.name
        self._staged = staged

    def __call__(self, text: str) -> str:
        found = _DRIVERS.get(text.strip())
        if found is None:
            self._staged.warnings.append(f"{self._name}: {_DRIVER} {text!r} is not known and counts as other")
            return "other"
        return found


def parse_month(text: str) -> date | None:
    """`JUL-2026` as the first day of the month, an empty cell as None; `ValueError` for anything else."""
    if not text.strip():
        return None
    match = _MONTH_CELL.fullmatch(text.strip().upper())
    number = MONTH_NAMES.get(match[1].casefold()) if match else None
    if match is None or number is None:
        raise ValueError("no month such as JUL-2026")
    return date(int(match[2]), number, 1)


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
    batch: Batch, places: dict[str, int], drivers: _Drivers, context: Context, staged: Staged
) -> list[dict[str, Any]]:
    """The reports of a batch; records with a cell that cannot be read are set aside, without narrative."""
    meanings: dict[str, tuple[str, Callable[[str], Any]]] = {
        "report_id": (_ID, _key),
        "report_version": (_VERSION, parse_version),
        "report_type": (_TYPE, str.strip),
        "month": (_MONTH, parse_month),
        "incident": (_INCIDENT, _text),
        "state": (_STATE, _text),
        "driver": (_DRIVER, drivers),
        "engaged_printed": (_ENGAGED, _text),
        "severity_printed": (_SEVERITY, _text),
    }
    faults = Faults()
    cells = {}
    for name, (column, meaning) in meanings.items():
        cells[name] = interpret(batch.cells[places[column]], meaning)
        faults.add(column, cells[name])
    before = len(staged.rejected)
    keep = reject_faults(batch, faults, staged)
    for i in range(before, len(staged.rejected)):
        staged.rejected[i] = _without_narrative(staged.rejected[i], batch, places)
    entities = batch.cells[places[_ENTITY]].to_pylist()
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


def _without_narrative(row: Rejected, batch: Batch, places: dict[str, int]) -> Rejected:
    """The rejected record with nothing of it but the cells that are read, and not the narrative."""
    position = int((batch.records == row.record).nonzero()[0][0])
    text = "; ".join(
        f"{name}: {batch.cells[places[name]][position].as_py()}" for name in _WANTED if name != _NARRATIVE
    )
    return row._replace(source_text=text)


def _hash_batch(batch: Batch, places: dict[str, int], staged: Staged) -> list[dict[str, Any]]:
    """The hashes of every record of a batch, CRLF and CR inside cells taken as LF."""
    figures = [places[name] for name in _FIGURES]
    narrative = places[_NARRATIVE]
    others = [i for i in range(len(batch.cells)) if i not in {*figures, narrative}]
    columns = [cell.to_pylist() for cell in batch.cells]
    return [
        {
            "filing": staged.filing,
            "record_key": f"{cells[places[_ID]].strip()}/{cells[places[_VERSION]].strip()}",
            "hash_figures": hash_cells([cells[i] for i in figures]),
            "hash_text": hash_cells([cells[narrative]]),
            "hash_other": hash_cells([cells[i] for i in others]),
        }
        for cells in zip(*columns, strict=True)
    ]


def hash_cells(cells: Sequence[str]) -> str:
    """The first digits of the SHA-256 over cells, with CRLF and CR taken as LF."""
    text = "\x1f".join(cells).replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def _hide_narratives(staged: Staged) -> None:
    """Leave nothing of a narrative in the notes of corrections: a hash says which text it was."""
    for i, one in enumerate(staged.corrected):
        if one.addresses == "original" and (
            one.column_name is None or normalise_header(one.column_name) == normalise_header(_NARRATIVE)
        ):
            staged.corrected[i] = one._replace(
                printed=one.printed and f"sha256 {hash_cells([one.printed.rstrip(',')])}",
                used=one.used
                if one.action == "reassign"
                else one.used and f"sha256 {hash_cells([one.used])}",
            )


def _mark_latest(reports: list[dict[str, Any]], context: Context) -> None:
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
                column=f"{_ID}, {_VERSION}",
                found=f"{key[0]}, version {key[1]}, as in record {seen[key]}",
                expected="one record for each",
                todo="fetch the file again; if the publisher has it so, drop one in corrections.yml",
            )
        seen[key] = row["record"]
        latest[key[0]] = max(latest.get(key[0], 0), key[1])
    for row in reports:
        row["latest_version"] = row["report_version"] == latest[row["report_id"]]


# Counting


def count_incidents(reports: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reports and incidents by operator, state, driver and month, and the same for `all`.

    The highest version of each report counts. An incident stands once for each operator, in the row of its
    first report (by report key); a report without an incident's key is an incident of its own. A report that
    says that there is nothing new is none. Sorted by key, empty values first.
    """
    counted = [r for r in reports if r["latest_version"] and r["report_type"] != _NO_INCIDENT]
    counted.sort(key=lambda r: tuple(int(part) for part in r["report_id"].split("-")))
    entities: dict[str, set[str]] = defaultdict(set)
    for row in counted:
        entities[_incident(row)].add(row["operator"])
    figures: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for everybody in (False, True):
        first: dict[tuple[str, str], tuple[Any, ...]] = {}
        injured: set[tuple[str, str]] = set()
        for row in counted:
            operator = ALL if everybody else row["operator"]
            place = (operator, row["state"], row["driver"], row["month"])
            figures[place]["reports"] += 1
            incident = (operator, _incident(row))
            if incident not in first:
                first[incident] = place
                figures[place]["incidents"] += 1
                figures[place]["incidents_shared"] += len(entities[incident[1]]) > 1
            if _injury(row["severity_printed"]) and incident not in injured:
                injured.add(incident)
                figures[first[incident]]["incidents_injury"] += 1
    return [
        {
            **dict(zip(("operator", "state", "driver", "month"), place, strict=True)),
            **{
                name: figures[place][name]
                for name in ("reports", "incidents", "incidents_shared", "incidents_injury")
            },
        }
        for place in sorted(figures, key=lambda p: tuple("" if v is None else str(v) for v in p))
    ]


def _incident(row: dict[str, Any]) -> str:
    return row["incident"] or f"report {row['report_id']}"


def _injury(severity: str | None) -> bool:
    return severity is not None and severity.casefold().startswith(_INJURIES)


# The digest


def digest(staged: Staged) -> bytes:
    """The figures of an original, and the hashes of its records, as the CSV bytes of its digest."""
    months = [{**row, "table": "month"} for row in staged.tables["nhtsa_incident_month"].to_pylist()]
    hashes = [{**row, "table": "record"} for row in staged.tables["record_hash"].to_pylist()]
    return write_table_csv(_DIGEST_COLUMNS, [*months, *hashes])


def _read_digest(context: Context) -> Staged:
    staged = Staged(context.held.filing.id)
    check_corrections(context, staged)
    months: list[dict[str, Any]] = []
    hashes: list[dict[str, Any]] = []

    def reassign(_: int, row: dict[str, str], operator: str) -> dict[str, str]:
        return {**row, "operator": operator}

    for number, row in read_corrected(context, _DIGEST_COLUMNS, staged, reassign):
        if row["table"] == "record":
            hashes.append({"filing": staged.filing, **{k: row[k] for k in _DIGEST_COLUMNS[-4:]}})
            continue
        try:
            months.append(_month_row(row, context))
        except ValueError as error:
            raise BadInput(
                "a digest that cannot be read",
                file=context.name,
                record=number,
                found=str(error),
                todo="make the digest again: fleetstats digest, with FLEETSTATS_ORIGINALS set",
            ) from error
    staged.records_loaded = staged.records_read - staged.records_dropped
    _hide_narratives(staged)
    staged.tables["nhtsa_incident_month"] = _placed(months, context)
    staged.tables["record_hash"] = rows_to_table("record_hash", hashes)
    return staged


def _month_row(row: dict[str, str], context: Context) -> dict[str, Any]:
    known = row["operator"] == ALL or context.operators.knows(row["operator"])
    if row["table"] != "month" or not known:
        raise ValueError(f"{row['table']} of {row['operator'] or 'nobody'}")
    if row["driver"] not in DRIVERS:
        raise ValueError(f"driver {row['driver']!r}")
    return {
        "operator": row["operator"],
        "state": row["state"] or None,
        "driver": row["driver"],
        "month": date.fromisoformat(row["month"]) if row["month"] else None,
        **{
            name: parse_count(row[name])
            for name in ("reports", "incidents", "incidents_shared", "incidents_injury")
        },
    }
