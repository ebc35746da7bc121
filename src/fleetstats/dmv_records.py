"""The records of a DMV file, batch by batch: corrections applied, filers resolved, faults set aside.

Every cell arrives as printed text. Distinct texts are interpreted once and mapped back, so that ten million
records cost little more than ten thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from fleetstats.dmv_forms import normalise_header, parse_month_header, scope_of
from fleetstats.errors import BadInput, shorten
from fleetstats.operators import NAME_COLUMNS, normalise_permit
from fleetstats.records import RecordFile, open_records
from fleetstats.reviewed_csv import csv_line, line_to_add
from fleetstats.staged import Context, Corrected, Rejected, Staged

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from fleetstats.corrections import Correction


class Interpreted(NamedTuple):
    """`values[codes[i]]` is what cell i means; `reasons[code]` says why a text means nothing."""

    values: list[Any]
    codes: np.ndarray
    texts: list[str]
    reasons: dict[int, str]

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

    def __init__(self) -> None:
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
    pending = _by_cell(context)
    columns = {normalise_header(cell): i for i, cell in enumerate(file.header) if cell.strip()}
    for numbers, cells in file.batches():
        batch = Batch(numbers.to_numpy(), list(cells))
        yield _correct(batch, columns, pending, context, staged)
    for misshapen in file.misshapen:
        correction = pending.pop((misshapen.record, None)) if (misshapen.record, None) in pending else None
        if correction is not None:
            _expect(context, misshapen.record, correction, misshapen.text)
            staged.corrected.append(_corrected(misshapen.record, correction, misshapen.text))
        reason = misshapen.reason if correction is None else correction.reason
        staged.rejected.append(
            Rejected(misshapen.record, reason, correction is not None, source_text=misshapen.text)
        )
    if pending:
        (record, column), correction = min(pending.items(), key=lambda item: item[0][0])
        raise _stale(context, record, column, "no such record", correction.expect)
    staged.records_read, staged.records_blank = file.read, file.blank


def _correct(
    batch: Batch,
    columns: dict[str, int],
    pending: dict[tuple[int, str | None], Correction],
    context: Context,
    staged: Staged,
) -> Batch:
    """Apply the corrections of a batch's records, and take them off `pending`."""
    import numpy as np

    rejected: list[int] = []
    patches: dict[int, dict[int, str]] = {}
    for (record, column), correction in sorted(pending.items(), key=lambda item: item[0][0]):
        position = int(np.searchsorted(batch.records, record))
        if position >= len(batch.records) or batch.records[position] != record:
            continue
        del pending[(record, column)]
        if column is None:
            printed = batch.text(position)
        elif normalise_header(column) in columns:
            printed = batch.cells[columns[normalise_header(column)]][position].as_py()
        else:
            raise _stale(context, record, column, "no such column", correction.expect)
        _expect(context, record, correction, printed)
        if correction.action == "override" and column is not None and correction.value is not None:
            patches.setdefault(columns[normalise_header(column)], {})[position] = correction.value
        elif correction.action == "reject":
            rejected.append(position)
            staged.rejected.append(
                Rejected(record, correction.reason, expected=True, source_text=batch.text(position))
            )
        staged.corrected.append(_corrected(record, correction, printed))
    for place, values in patches.items():
        batch.cells[place] = _patched(batch.cells[place], values)
    return batch.without(rejected) if rejected else batch


def _corrected(record: int, correction: Correction, printed: str) -> Corrected:
    return Corrected(
        record, correction.action, correction.column, printed, correction.value, correction.reason
    )


def _expect(context: Context, record: int, correction: Correction, printed: str) -> None:
    if printed.rstrip(",") != correction.expect.rstrip(","):
        raise _stale(context, record, correction.column, printed, correction.expect)


def _by_cell(context: Context) -> dict[tuple[int, str | None], Correction]:
    """The filing's corrections by record and column; `BadInput` for two of one cell."""
    found: dict[tuple[int, str | None], Correction] = {}
    for correction in context.corrections:
        for record in correction.records:
            if (record, correction.column) in found:
                raise BadInput(
                    "two corrections of one cell",
                    file=context.name,
                    record=record,
                    column=correction.column,
                    expected="one for each record and column",
                    todo="remove one of the two from corrections.yml of the source",
                )
            found[(record, correction.column)] = correction
    return found


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
