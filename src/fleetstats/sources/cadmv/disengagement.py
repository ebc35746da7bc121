"""California DMV disengagement reports: one record per event. Equal records are separate events."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fleetstats.core.csv_tables import csv_line, line_to_add, read_rows
from fleetstats.core.errors import BadInput
from fleetstats.core.schema.arrow import make_table, rows_to_table
from fleetstats.core.schema.vocabulary import INITIATED_BY, LOCATIONS
from fleetstats.core.units import parse_count
from fleetstats.sources.cadmv.digest import (
    PUBLISHER,
    Transcription,
    month_of,
    read_digest_rows,
    unreadable_row,
)
from fleetstats.sources.cadmv.filers import FilerResolver, note_unnamed_columns, unnamed_values
from fleetstats.sources.cadmv.forms import edition_of, edition_period, is_month, owner_of, parse_event_date
from fleetstats.sources.columns import FoundColumns, find_columns
from fleetstats.sources.digest_csv import write_table_csv
from fleetstats.sources.records import (
    Batch,
    Faults,
    Interpreted,
    interpret,
    marks_by,
    marks_of,
    open_form,
    read_batches,
    reject_faults,
)
from fleetstats.sources.staged import Context, Staged

if TYPE_CHECKING:
    import pyarrow as pa

CATEGORIES_FILE = "categories.csv"

_DIGEST_COLUMNS = "table operator permit scope month initiated_by location events original_sha256".split()
_CATEGORY_COLUMNS = "column printed category note".split()
_ANSWERS = {"yes": "yes", "y": "yes", "no": "no", "n": "no"}

_TRANSCRIBED = Transcription(
    required=("permit", "month", "initiated_by", "location", "events", "reference"),
    optional=("operator", "scope", "confidence"),
)
"""The columns of figures that a person typed."""


def read(context: Context) -> Staged:
    """Read one filing into cadmv_event_count, and from an original also into cadmv_event.

    Raises `BadInput` for a file that is not of this form, and for permits or names to be reviewed.
    """
    if context.held.read_as == "original":
        return _read_original(context)
    return _read_digest(context)


@cache
def _categories(folders: tuple[Path, ...]) -> dict[tuple[str, str], str]:
    """The reviewed map from (column, printed value without case) to category."""
    known = {"initiated_by": INITIATED_BY, "location": LOCATIONS}
    found: dict[tuple[str, str], str] = {}
    for folder in folders:
        path = folder / CATEGORIES_FILE
        for number, row in read_rows(path, _CATEGORY_COLUMNS):
            if row["category"] not in known.get(row["column"], ()):
                raise BadInput(
                    "an unknown category",
                    file=path,
                    record=number,
                    column="category",
                    found=f"{row['column']}: {row['category']}",
                    expected="; ".join(f"{k}: {', '.join(v)}" for k, v in known.items()),
                )
            found[(row["column"], _fold(row["printed"]))] = row["category"]
    return found


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()


class _Categoriser:
    """Maps printed values to categories, counts them, and warns once of each that is not reviewed."""

    def __init__(self, column: str, context: Context, staged: Staged) -> None:
        self._column = column
        self._map = _categories(context.folders)
        self._path = context.folders[-1] / CATEGORIES_FILE
        self._name = context.name
        self._staged = staged
        self.counts: Counter[tuple[str, str]] = Counter()
        self._warned: set[str] = set()

    def meaning(self, text: str) -> str:
        category = self._map.get((self._column, _fold(text)))
        if category is None:
            category = "other"
            if _fold(text) not in self._warned:
                self._warned.add(_fold(text))
                line = csv_line(self._column, " ".join(text.split()), "CATEGORY", "")
                self._staged.warnings.append(
                    f"{self._name}: {self._column} {text!r} is not reviewed and counts as other; to review "
                    f"it, add to {line_to_add(self._path, _CATEGORY_COLUMNS, line)}"
                )
        return category

    def count(self, cells: Interpreted, keep: list[int]) -> None:
        for code, number in Counter(cells.codes[keep].tolist()).items():
            self.counts[(str(cells.texts[code]), cells.values[code])] += number

    def note(self) -> None:
        for (printed, category), number in sorted(self.counts.items(), key=lambda i: (-i[1], i[0])):
            self._staged.notes.append(f"{self._column} {printed!r}: {number:,}, {category}")


def _read_original(context: Context) -> Staged:
    import pyarrow as pa

    staged = Staged(context.held.filing.id)
    file = open_form(context)
    edition_of(context)
    columns = find_columns(file, context, staged, edition_period, is_known=is_month)
    resolver = FilerResolver(context, staged)
    initiated = _Categoriser("initiated_by", context, staged)
    location = _Categoriser("location", context, staged)
    events: list[pa.Table] = []
    unnamed: dict[int, int] = {}
    owner = owner_of(columns, context)
    for batch in read_batches(file, context, staged, owner):
        unnamed_values(file, batch, unnamed)
        table = _read_batch(batch, columns, resolver, initiated, location, staged)
        staged.records_loaded += table.num_rows
        events.append(table)
    note_unnamed_columns(unnamed, staged)
    initiated.note()
    location.note()
    if not staged.records_loaded and not staged.rejected and not staged.records_dropped:
        raise BadInput("a file without records", file=context.name, expected="a record per event")
    event = pa.concat_tables(events)
    staged.tables["cadmv_event"] = event
    staged.tables["cadmv_event_count"] = _count(event, context)
    return staged


def _read_batch(
    batch: Batch,
    columns: FoundColumns,
    resolver: FilerResolver,
    initiated: _Categoriser,
    location: _Categoriser,
    staged: Staged,
) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    def cells(name: str) -> pa.StringArray:
        return columns.cells(batch, name)

    faults = Faults()
    filers = resolver.resolve(batch, cells("manufacturer"), cells("permit"), faults)
    days = interpret(cells("date"), parse_event_date)
    faults.add(columns.title("date"), days)
    keep = reject_faults(batch, faults, staged)
    rows = pa.array(keep)
    records = pa.array(batch.records[keep], pa.int64())
    printed_initiator = cells("initiated_by").take(rows)
    printed_location = cells("location").take(rows)
    initiators = interpret(printed_initiator, initiated.meaning)
    locations = interpret(printed_location, location.meaning)
    everyone = list(range(len(keep)))
    initiated.count(initiators, everyone)
    location.count(locations, everyone)
    day = days.take(pa.date32()).take(rows)
    capable = interpret(cells("capable_without_driver").take(rows), _answer)
    present = interpret(cells("driver_present").take(rows), _answer)
    return make_table(
        "cadmv_event",
        {
            "filing": [staged.filing] * len(keep),
            "record": records,
            "operator": filers.operator.take(rows),
            "permit": filers.permit.take(rows),
            "scope": filers.scope.take(rows),
            "event_on": day,
            "month": pc.floor_temporal(day, unit="month").cast(pa.date32()),
            "vin": pc.utf8_upper(pc.utf8_trim_whitespace(cells("vin").take(rows))),
            "capable_without_driver": capable.take(pa.string()),
            "driver_present": present.take(pa.string()),
            "initiated_by": initiators.take(pa.string()),
            "initiated_by_printed": printed_initiator,
            "location": locations.take(pa.string()),
            "location_printed": printed_location,
            "description": cells("description").take(rows),
            "corrected": marks_of(records, staged),
        },
    )


def _answer(text: str) -> str | None:
    return _ANSWERS.get(_fold(text))


def _count(event: pa.Table, context: Context) -> pa.Table:
    keys = ["operator", "permit", "scope", "month", "initiated_by", "location"]
    counts = (
        event.group_by(keys)
        .aggregate([("record", "count")])
        .sort_by([(key, "ascending") for key in keys[1:]])
    )
    return make_table(
        "cadmv_event_count",
        {
            "filing": [context.held.filing.id] * counts.num_rows,
            **{key: counts[key] for key in keys},
            "events": counts["record_count"],
            "confidence": [PUBLISHER] * counts.num_rows,
            "reference": [None] * counts.num_rows,
            "corrected": marks_by(event, keys[1:], counts),
            "original_sha256": [context.held.original_sha256] * counts.num_rows,
        },
    )


def digest(staged: Staged) -> bytes:
    """The figures of an original as the CSV bytes of its digest."""
    rows = staged.tables["cadmv_event_count"].to_pylist()
    return write_table_csv(_DIGEST_COLUMNS, [{**row, "table": "event_count"} for row in rows])


def _read_digest(context: Context) -> Staged:
    staged = Staged(context.held.filing.id)
    rows = []
    for row in read_digest_rows(context, _DIGEST_COLUMNS, staged, _TRANSCRIBED):
        try:
            rows.append(
                {
                    "filing": staged.filing,
                    **{key: row[key] for key in ("operator", "permit", "scope", "initiated_by", "location")},
                    "month": month_of(row["month"]),
                    "events": parse_count(row["events"]),
                    "confidence": row["confidence"] or PUBLISHER,
                    "reference": row["reference"] or None,
                    "original_sha256": row["original_sha256"] or None,
                    "corrected": row["corrected"] or None,
                }
            )
        except ValueError as error:
            raise unreadable_row(context, row, error) from error
    staged.tables["cadmv_event_count"] = rows_to_table("cadmv_event_count", rows)
    return staged
