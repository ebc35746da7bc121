"""What the filings themselves say: of a core row, the records it was read from and what is printed there.

An original is read again, from its bytes; of a digest or a transcription the row is found. Nothing here reads the
warehouse, so that what the two say can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import FleetstatsError, shorten

if TYPE_CHECKING:
    from fleetstats.core.settings import Settings
    from fleetstats.filings.filing import Held
    from fleetstats.sources.staged import Staged

_MILEAGE, _EVENTS, _INCIDENTS = "cadmv_mileage", "cadmv_disengagement", "nhtsa_sgo"
_DIGEST_TABLE = {
    "cadmv_mileage_month": ("month", ("permit", "month")),
    "cadmv_mileage_filer": ("filer", ("permit",)),
    "cadmv_event_count": ("event_count", ("permit", "month", "initiated_by", "location")),
    "nhtsa_incident_month": ("month", ("operator", "state", "driver", "month")),
}
"""Of a core table: what its rows are called in a digest, and the columns that tell them apart there."""

_IN_DIGEST = {
    **dict.fromkeys(("distance_mi_reported", "annual_mi"), "distance_mi"), "annual_mi_high": "distance_mi_high",
}  # fmt: skip
_ANNUAL = {"disengagements": "Annual Total of Disengagements"}


@dataclass(frozen=True)
class Printed:
    """One number as it stands in a file: its record (1 being the header), its column's header cell, and its text.

    `value` is what it counts as, in the unit of the column, corrections applied; None where that cannot be said.
    """

    record: int
    column: str
    text: str
    value: Decimal | None
    note: str | None = None


@dataclass
class Source:
    """What was found for one core row. `ends_at` says, in a sentence, how far back it reaches."""

    ends_at: str
    records: list[Printed] = field(default_factory=list)


class Filings:
    """The files that lie on this machine, each opened once and only where asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._staged: dict[str, Staged] = {}
        self._cells: dict[str, dict[int, dict[str, str]]] = {}
        self._digests: dict[str, list[dict[str, str]]] = {}

    @cached_property
    def _held(self) -> dict[str, Held] | str:
        """Every filing by its id, or why they cannot be read."""
        from fleetstats.core.files import HashCache
        from fleetstats.filings.catalogue import load_catalogue

        settings = self._settings
        try:
            hashes = HashCache(settings.cache / "hashes.json")
            found = load_catalogue(settings.raw, settings.landed, settings.originals, hashes)
        except (FleetstatsError, OSError) as error:
            return shorten(str(error), 200)
        return {held.filing.id: held for held in found}

    def find(self, table: str, row: dict[str, Any], filing: dict[str, Any], column: str) -> Source:
        """The records behind `row` of the core table `table`, for its `column`.

        `filing` is the filing as the publication has it; bytes of another filing are never passed off as its own.
        """
        held = self._held.get(filing["filing"]) if isinstance(self._held, dict) else None
        why_not = None
        if isinstance(self._held, str):
            why_not = f"the files on this machine cannot be read ({self._held})"
        elif held is None:
            why_not = "the filing is not on this machine"
        elif (filing["original_sha256"] or filing["sha256"]) != (held.original_sha256 or held.sha256):
            why_not = "the file on this machine is another than was published from"
        elif table not in _DIGEST_TABLE:
            why_not = "nothing more is read of it"
        if held is None or why_not is not None:
            return Source(f"It ends at this row: {why_not}")
        if held.read_as == "original":
            return Source(
                f"Read again from the publisher's own file, {held.path.name}",
                list(self._of_original(table, row, held, column)),
            )
        records = list(self._of_digest(table, row, held, column))
        where = f" {records[0].record}" if records else ""
        if held.read_as != "digest":
            return Source(f"It ends at record{where} of the transcription, {held.path.name}", records)
        return Source(
            f"It ends at record{where} of the digest; the publisher's file has sha256 {held.original_sha256}",
            records,
        )

    def _of_digest(self, table: str, row: dict[str, Any], held: Held, column: str) -> Iterable[Printed]:
        import csv

        called, key = _DIGEST_TABLE[table]
        wanted = {name: "" if row[name] is None else str(row[name]) for name in key}
        name = _IN_DIGEST.get(column, column)
        if held.filing.id not in self._digests:
            with held.path.open(encoding="utf-8-sig", newline="") as file:
                self._digests[held.filing.id] = list(csv.DictReader(file, strict=True))
        for number, cells in enumerate(self._digests[held.filing.id], start=2):
            if cells["table"] == called and all(cells[k].strip() == v for k, v in wanted.items()):
                text = (cells.get(name) or "").strip()
                yield Printed(number, name, text, Decimal(text) if text else None)

    def _of_original(self, table: str, row: dict[str, Any], held: Held, column: str) -> Iterable[Printed]:
        staged, cells = self._read(held)
        if table == "cadmv_mileage_month":
            for found in _where(staged, "cadmv_vehicle_month", permit=row["permit"], month=row["month"]):
                header, text = _cell(cells[found["record"]], month=row["month"], source=held.filing.source)
                note = "empty, counts as 0" if found["cell_blank"] else None
                yield Printed(found["record"], header, text, found["distance_mi_reported"], note)
        elif table == "cadmv_mileage_filer":
            for found in _where(staged, "cadmv_vehicle_report", permit=row["permit"]):
                header, text = _cell(cells[found["record"]], name=_ANNUAL.get(column, "ANNUAL TOTAL"))
                value, note = found["annual_mi"], None
                if column == "disengagements":
                    value = Decimal(found["disengagements"])
                elif value is None:
                    value, note = found["months_mi"], "empty: the sum of its months"
                yield Printed(found["record"], header, text, value, note)
        elif table == "cadmv_event_count":
            same = {k: row[k] for k in ("permit", "month", "initiated_by", "location")}
            for found in _where(staged, "cadmv_event", **same):
                header, text = _cell(cells[found["record"]], name="DATE")
                note = f"{found['initiated_by_printed']}, {found['location_printed']}"
                yield Printed(found["record"], header, text, Decimal(1), note)
        else:
            same = {
                k: row[k]
                for k in ("operator", "month", "state", "driver")
                if k != "operator" or row[k] != "all"
            }
            for found in _where(staged, "nhtsa_report", latest_version=True, **same):
                note = f"{found['entity_printed']}; an incident counts once, by its first report"
                yield Printed(found["record"], "Report ID", found["report_id"], None, note)

    def _read(self, held: Held) -> tuple[Staged, dict[int, dict[str, str]]]:
        """An original as its reader makes it, and its cells as printed, by record and header cell."""
        key = held.filing.id
        if key not in self._staged:
            from fleetstats.sources.csv_file import open_records
            from fleetstats.sources.registry import reader
            from fleetstats.sources.reviewed import Reviewed

            context = Reviewed(self._settings.data, self._settings.landed).context(held)
            self._staged[key] = reader(held.filing.source).read(context)
            file = open_records(held.path, context.name)
            self._cells[key] = {
                number: dict(zip(file.header, texts, strict=True))
                for numbers, columns in file.batches()
                for number, *texts in zip(
                    numbers.to_pylist(), *(column.to_pylist() for column in columns), strict=True
                )
            }
        return self._staged[key], self._cells[key]


def _where(staged: Staged, table: str, **same: Any) -> list[dict[str, Any]]:
    """The rows of a staged table that have these values, in the order of their records."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = staged.tables[table]
    for name, value in same.items():
        field_type = found.schema.field(name).type
        wanted = (
            pc.is_null(found[name]) if value is None else pc.equal(found[name], pa.scalar(value, field_type))
        )
        found = found.filter(wanted)
    rows: list[dict[str, Any]] = found.sort_by("record").to_pylist()
    return rows


def _cell(cells: dict[str, str], *, name: str = "", month: Any = None, source: str = "") -> tuple[str, str]:
    """The header cell of a column or month, and what the record has there."""
    from fleetstats.sources.csv_file import normalise_header
    from fleetstats.sources.registry import reader

    for header, text in cells.items():
        if (
            reader(source).parse_month_header(header) == month
            if month
            else normalise_header(header) == normalise_header(name)
        ):
            return " ".join(header.split()), text.strip()
    return name, ""
