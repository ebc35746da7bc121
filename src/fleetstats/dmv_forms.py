"""What the files of the California DMV have in common: editions, permits, scopes, and their reading.

Every cell arrives as printed text. Distinct texts are interpreted once and mapped back, so that ten million
records cost little more than ten thousand.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from fleetstats.errors import BadInput, shorten
from fleetstats.operators import NAME_COLUMNS, normalise_permit
from fleetstats.periods import MONTH_NAMES, Period, report_year_period
from fleetstats.records import RecordFile, open_records
from fleetstats.reviewed_csv import csv_line, line_to_add, read_rows
from fleetstats.staged import Context, Corrected, Rejected, Staged

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

WITH_DRIVER = "cadmv_testing_with_driver"
DRIVERLESS = "cadmv_testing_driverless"

_EDITION = re.compile(r"(?P<year>20\d{2})(?P<kind>-first-time|-driverless-first|-driverless)?(-amended-\d+)?")


class Edition(NamedTuple):
    """What an edition's name says: its report year, and the period where no month columns do."""

    report_year: int
    period: Period


def parse_edition(edition: str) -> Edition:
    """`2023`, `2023-first-time`, `2023-driverless`, `2022-driverless-first`, each with `-amended-N`.

    First-time and first driverless reports reach back to January of the year before; the others are report
    years. `ValueError` for another name.
    """
    match = _EDITION.fullmatch(edition)
    if match is None:
        raise ValueError("2023, 2023-first-time, 2023-driverless or 2023-driverless-first, for its year")
    year = int(match["year"])
    period = report_year_period(year)
    if match["kind"] in ("-first-time", "-driverless-first"):
        period = Period(date(year - 1, 1, 1), period.end)
    return Edition(year, period)


def edition_of(context: Context) -> Edition:
    """What the name of a filing's edition says; `BadInput` if it is no edition of the DMV's reports."""
    filing = context.held.filing
    try:
        return parse_edition(filing.edition)
    except ValueError as error:
        raise BadInput(
            "not an edition of this source",
            file=context.name,
            column="edition",
            found=filing.edition,
            expected=str(error),
            todo="rename the filing's folder and its edition in filing.yml",
        ) from error


def scope_of(permit: str) -> str | None:
    """The programme that a permit number belongs to: AVT… with a driver, AVDT… driverless, else None."""
    if re.fullmatch(r"AVT\d+", permit):
        return WITH_DRIVER
    if re.fullmatch(r"AVDT\d+", permit):
        return DRIVERLESS
    return None


def normalise_header(cell: str) -> str:
    """A header cell without case, blanks, line breaks and punctuation."""
    return "".join(c for c in cell.casefold() if c.isalnum())


def parse_month_header(cell: str) -> date | None:
    """The month of a header cell such as `DEC 2019`, `JULY 2020`, `18-Dec`; None for any other cell."""
    match = re.fullmatch(
        r"(?P<m1>[a-z]{3,9})[\s.-]*(?P<y1>\d{4}|\d{2})|(?P<y2>\d{4}|\d{2})[\s.-]*(?P<m2>[a-z]{3,9})",
        cell.strip().casefold(),
    )
    if match is None:
        return None
    month = MONTH_NAMES.get(match["m1"] or match["m2"])
    year = int(match["y1"] or match["y2"])
    return None if month is None else date(year + 2000 if year < 100 else year, month, 1)


_DATE_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), order)
    for pattern, order in (
        (r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})", "mdy"),
        (r"(\d{4})-(\d{2})-(\d{2})( (/ )?\d{2}:\d{2}:\d{2})?", "ymd"),
        (r"(\d{4})\.(\d{1,2})\.(\d{1,2})\.?( \d{1,2}:\d{2}:\d{2})?", "ymd"),
        (r"(\d{4})/(\d{1,2})/(\d{1,2})", "ymd"),
        (r"(\d{4})(\d{2})(\d{2})", "ymd"),
        (r"(\d{1,2})\.(\d{1,2})\.(\d{4})", "mdy"),
        (r"(\d{1,2})/([a-z]{3,9})/(\d{4}|\d{2})", "dby"),
        (r"([a-z]{3,9})\.? (\d{1,2}),? (\d{4})", "bdy"),
    )
)


def parse_event_date(text: str) -> date:
    """The day of a disengagement, in any form that the DMV's filers have used.

    Numbers in American order are month first, always: no filer was found to put the day first, and a day
    over 12 in the month's place is an error rather than a guess. Two-digit years are 20YY. `ValueError`
    for any other form and for days that do not exist.
    """
    compact = " ".join(text.split()).casefold()
    for pattern, order in _DATE_FORMS:
        match = pattern.fullmatch(compact)
        if match is None:
            continue
        parts = dict(zip(order, match.groups()[:3], strict=True))
        month = MONTH_NAMES.get(parts["b"]) if "b" in parts else int(parts["m"])
        if month is None:
            raise ValueError(f"no month is called {parts['b']!r}")
        year = int(parts["y"])
        try:
            return date(year + 2000 if year < 100 else year, month, int(parts["d"]))
        except ValueError:
            raise ValueError("no day of the calendar, month first") from None
    raise ValueError("not a date such as 3/28/2023, 2023-03-28, 20230328 or Mar 28, 2023")


# Distinct texts, interpreted once


class Interpreted(NamedTuple):
    """`values[codes[i]]` is what cell i means; `reasons[code]` says why a text means nothing."""

    values: list[Any]
    codes: np.ndarray
    texts: list[str]
    reasons: dict[int, str]

    def each(self) -> list[Any]:
        """The value of every cell, None where it could not be interpreted."""
        return [self.values[code] for code in self.codes]

    def take(self, kind: pa.DataType) -> pa.Array:
        """The values of all cells as an Arrow array."""
        import pyarrow as pa
        import pyarrow.compute as pc

        return pc.take(pa.array(self.values, kind), pa.array(self.codes))


def interpret(cells: pa.StringArray, meaning: Callable[[str], Any]) -> Interpreted:
    """Apply `meaning` to each distinct text of a column; what raises `ValueError` becomes a reason."""
    encoded = cells.dictionary_encode()
    texts: list[str] = encoded.dictionary.to_pylist()
    values: list[Any] = []
    reasons: dict[int, str] = {}
    for code, text in enumerate(texts):
        try:
            values.append(meaning(text))
        except ValueError as error:
            values.append(None)
            reasons[code] = str(error)
    return Interpreted(values, encoded.indices.to_numpy(zero_copy_only=False), texts, reasons)


class Faults:
    """The first fault of each record of a batch: which column, what was there, what was expected."""

    def __init__(self, records: np.ndarray) -> None:
        self._records = records
        self.reasons: dict[int, str] = {}

    def add(self, column: str, cells: Interpreted) -> None:
        """Note every cell of a column that could not be interpreted."""
        import numpy as np

        if not cells.reasons:
            return
        for i in np.flatnonzero(np.isin(cells.codes, list(cells.reasons))):
            code = int(cells.codes[i])
            found = shorten(cells.texts[code], 60)
            self.reasons.setdefault(int(i), f"column {column}: {found!r} is {cells.reasons[code]}")

    def note(self, position: int, reason: str) -> None:
        """Note a fault of the record at `position` of the batch."""
        self.reasons.setdefault(position, reason)


# One file, record by record


@dataclass
class Batch:
    """Records of a file with all cells as text, corrections applied, rejected ones gone."""

    records: np.ndarray
    cells: list[pa.StringArray]

    def without(self, positions: Iterable[int]) -> Batch:
        """The batch less the records at these positions."""
        import numpy as np
        import pyarrow as pa

        keep = np.ones(len(self.records), dtype=bool)
        keep[list(positions)] = False
        mask = pa.array(keep)
        return Batch(self.records[keep], [cell.filter(mask) for cell in self.cells])

    def text(self, position: int) -> str:
        """One record as CSV text."""
        return csv_line(*(cell[position].as_py() for cell in self.cells))


def open_form(context: Context) -> RecordFile:
    """Open the publisher's file of a filing."""
    return open_records(context.held.path, context.name)


def read_batches(file: RecordFile, context: Context, staged: Staged) -> Iterator[Batch]:
    """The records of a file with the filing's corrections applied, counted into `staged`.

    Raises `BadInput` where a correction meets another value than the one it was made for, or no record.
    """
    import numpy as np

    columns = {normalise_header(cell): i for i, cell in enumerate(file.header) if cell.strip()}
    pending = {
        (record, correction.column): correction
        for correction in context.corrections
        for record in correction.records
    }
    for numbers, cells in file.batches():
        batch = Batch(numbers.to_numpy(), list(cells))
        rejected: list[int] = []
        patches: dict[int, dict[int, str]] = {}
        for (record, _), correction in sorted(pending.items(), key=lambda item: item[0][0]):
            position = int(np.searchsorted(batch.records, record))
            if position >= len(batch.records) or batch.records[position] != record:
                continue
            del pending[(record, correction.column)]
            if correction.column is None:
                printed = batch.text(position)
            elif normalise_header(correction.column) in columns:
                printed = batch.cells[columns[normalise_header(correction.column)]][position].as_py()
            else:
                raise _stale(context, record, correction.column, "no such column", correction.expect)
            if printed.rstrip(",") != correction.expect.rstrip(","):
                raise _stale(context, record, correction.column, printed, correction.expect)
            if correction.action == "override" and correction.column and correction.value is not None:
                place = columns[normalise_header(correction.column)]
                patches.setdefault(place, {})[position] = correction.value
            elif correction.action == "reject":
                rejected.append(position)
                staged.rejected.append(
                    Rejected(record, correction.reason, expected=True, source_text=batch.text(position))
                )
            staged.corrected.append(
                Corrected(
                    record,
                    correction.action,
                    correction.column,
                    printed,
                    correction.value,
                    correction.reason,
                )
            )
        for column, values in patches.items():
            batch.cells[column] = _patched(batch.cells[column], values)
        yield batch.without(rejected) if rejected else batch
    if pending:
        missing, where = min(pending, key=lambda key: key[0])
        raise _stale(context, missing, where, "no such record", pending[(missing, where)].expect)
    staged.records_read, staged.records_blank = file.read, file.blank
    staged.rejected.extend(
        Rejected(m.record, m.reason, expected=False, source_text=m.text) for m in file.misshapen
    )


def _patched(cells: pa.StringArray, values: dict[int, str]) -> pa.StringArray:
    import pyarrow as pa

    texts = cells.to_pylist()
    for position, value in values.items():
        texts[position] = value
    return pa.array(texts, pa.string())


def _stale(context: Context, record: int, column: str | None, found: str, expect: str) -> BadInput:
    return BadInput(
        "a correction no longer applies",
        file=context.name,
        record=record,
        column=column,
        found=found,
        expected=f"{expect!r}, the printed value that the correction was made for",
        todo="look at the record and mend or remove the entry in corrections.yml of the source",
    )


def reject_faults(batch: Batch, faults: Faults, staged: Staged) -> np.ndarray:
    """Set the faulty records of a batch aside; returns the positions of the others."""
    import numpy as np

    for position, reason in sorted(faults.reasons.items()):
        staged.rejected.append(
            Rejected(int(batch.records[position]), reason, expected=False, source_text=batch.text(position))
        )
    keep = np.ones(len(batch.records), dtype=bool)
    keep[list(faults.reasons)] = False
    return np.flatnonzero(keep)


class Filers(NamedTuple):
    """Operator, permit and scope of every record of a batch."""

    operator: pa.StringArray
    permit: pa.StringArray
    scope: pa.StringArray


class FilerResolver:
    """Resolves each distinct pair of permit and name once, and gathers new spellings as warnings."""

    def __init__(self, context: Context, staged: Staged) -> None:
        self._context = context
        self._staged = staged
        self._known: dict[tuple[str, str], tuple[str, str, str]] = {}

    def resolve(self, batch: Batch, names: pa.StringArray, permits: pa.StringArray, faults: Faults) -> Filers:
        """The filers of a batch; a record without a permit is a fault.

        Raises `BadInput` for an unknown permit and for a name of another operator than the permit's.
        """
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        pairs = pc.binary_join_element_wise(names, permits, "\x1f").dictionary_encode()
        codes = pairs.indices.to_numpy(zero_copy_only=False)
        found: list[tuple[str | None, str | None, str | None]] = []
        for code, pair in enumerate(pairs.dictionary.to_pylist()):
            name, _, printed = pair.partition("\x1f")
            permit = normalise_permit(printed)
            positions = np.flatnonzero(codes == code)
            if not permit:
                for position in positions:
                    faults.note(int(position), "column Permit Number: empty")
                found.append((None, None, None))
                continue
            found.append(self._resolve_pair(name, permit, int(batch.records[positions[0]])))
        index = pa.array(codes)
        columns = [pc.take(pa.array([f[i] for f in found], pa.string()), index) for i in range(3)]
        return Filers(*columns)

    def _resolve_pair(self, name: str, permit: str, record: int) -> tuple[str, str, str]:
        if (name, permit) in self._known:
            return self._known[(name, permit)]
        resolution = self._context.operators.resolve_permit(
            permit, name, file=self._context.name, record=record
        )
        scope = scope_of(permit)
        if scope is None:
            raise BadInput(
                "a permit of no known programme",
                file=self._context.name,
                record=record,
                column="Permit Number",
                found=permit,
                expected="AVT and a number (testing with a driver) or AVDT and a number (driverless)",
            )
        if resolution.new_alias is not None:
            path = self._context.operators.names_path
            self._staged.warnings.append(
                f"{self._context.name}, record {record}: new spelling {name!r} of {resolution.operator} ({permit}); "
                f"to review it, add to {line_to_add(path, NAME_COLUMNS, resolution.new_alias)}"
            )
        self._known[(name, permit)] = (resolution.operator, permit, scope)
        return self._known[(name, permit)]


def find_columns(
    file: RecordFile, wanted: dict[str, Callable[[str], bool]], context: Context, staged: Staged
) -> dict[str, int]:
    """Where the wanted columns are. Others are named in a warning, unnamed ones left to the caller.

    Raises `BadInput` naming the columns that are missing, those there twice, and those not known.
    """
    places: dict[str, int] = {}
    unknown: list[str] = []
    for i, cell in enumerate(file.header):
        normal = normalise_header(cell)
        names = [name for name, matches in wanted.items() if normal and matches(normal)]
        if not names:
            if normal and parse_month_header(cell) is None:
                unknown.append(" ".join(cell.split()))
            continue
        if names[0] in places:
            raise BadInput("a column is there twice", file=context.name, record=1, column=names[0])
        places[names[0]] = i
    missing = [name for name in wanted if name not in places]
    if missing:
        raise BadInput(
            "a column is missing" if len(missing) == 1 else "columns are missing",
            file=context.name,
            record=1,
            column=", ".join(missing),
            found=", ".join(shorten(" ".join(c.split()), 40) for c in file.header if c.strip()) or "nothing",
            expected=", ".join(wanted),
            todo=f"see whether the publisher renamed it (not known here: {', '.join(unknown) or 'none'})",
        )
    for name in unknown:
        staged.warnings.append(f"{context.name}: a column that is not known and not loaded: {name!r}")
    staged.observed["columns"] = [" ".join(c.split()) for c in file.header if c.strip()]
    return places


def note_unnamed_columns(counts: dict[int, int], staged: Staged) -> None:
    """Say which columns without a name hold values that are not loaded."""
    for i, count in sorted(counts.items()):
        if count:
            staged.notes.append(f"column {i + 1} has no name; its {count:,} values are not loaded")


def unnamed_values(file: RecordFile, batch: Batch, counts: dict[int, int]) -> None:
    """Count the values in columns without a name."""
    import pyarrow.compute as pc

    for i, cell in enumerate(file.header):
        if not cell.strip():
            filled = pc.not_equal(pc.utf8_trim_whitespace(batch.cells[i]), "")
            counts[i] = counts.get(i, 0) + (pc.sum(filled).as_py() or 0)


# Digests: the core tables of an original, as one CSV file


def decimal_text(value: Decimal) -> str:
    """A decimal without an exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_table_csv(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> bytes:
    """Rows as CSV bytes in the order given, decimals and dates in plain text, nulls empty."""
    import io

    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n", restval="", extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: decimal_text(v) if isinstance(v, Decimal) else "" if v is None else v for k, v in row.items()}
        )
    return out.getvalue().encode()


def read_digest_rows(context: Context, columns: Sequence[str], staged: Staged) -> list[dict[str, str]]:
    """The rows of a digest (or of a transcription in the same form), each with its record number.

    Raises `BadInput` for other columns, for a permit that does not lead to the row's operator, and for a
    digest made with other corrections than today's.
    """
    from fleetstats.corrections import corrections_sha256

    filing = context.held.filing
    if filing.status == "digest":
        today = corrections_sha256(context.corrections)
        if filing.corrections_sha256 != today:
            raise BadInput(
                "a digest made with other corrections than those on file today",
                file=context.name,
                found=f"corrections {filing.corrections_sha256}",
                expected=f"corrections {today}",
                todo="make the digest again: fleetstats digest, with FLEETSTATS_ORIGINALS set",
            )
        for correction in context.corrections:
            for record in correction.records:
                staged.corrected.append(
                    Corrected(
                        record,
                        correction.action,
                        correction.column,
                        correction.expect,
                        correction.value,
                        correction.reason,
                    )
                )
    rows: list[dict[str, str]] = []
    for number, row in read_rows(context.held.path, columns, context.name):
        resolved = context.operators.by_permit.get(row["permit"])
        if resolved != row["operator"] or scope_of(row["permit"]) != row["scope"]:
            raise BadInput(
                "a permit leads to another operator or scope than when the digest was made",
                file=context.name,
                record=number,
                column="permit",
                found=f"{row['permit']}: {resolved}, {scope_of(row['permit'])}",
                expected=f"{row['operator']}, {row['scope']}",
                todo="make the digest again: fleetstats digest, with FLEETSTATS_ORIGINALS set",
            )
        rows.append(row)
    staged.records_read = staged.records_loaded = len(rows)
    return rows
