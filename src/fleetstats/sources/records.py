"""The records of a publisher's file, batch by batch: corrections applied, faults set aside.

Every cell arrives as printed text. Distinct texts are interpreted once and mapped back, so that ten million
records cost little more than ten thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from fleetstats.core.csv_tables import csv_line
from fleetstats.core.errors import shorten
from fleetstats.filings.corrections import apply, by_cell, stale
from fleetstats.sources.csv_file import RecordFile, normalise_header, open_records
from fleetstats.sources.staged import Context, Rejected, Staged, joined

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from fleetstats.filings.corrections import Correction


class Interpreted(NamedTuple):
    """`values[codes[i]]` is what cell i means; `reasons[code]` says why a text means nothing."""

    values: list[Any]
    codes: np.ndarray
    texts: list[str | None]
    reasons: dict[int, str]

    def take(self, kind: pa.DataType) -> pa.Array:
        """The values of all cells as an Arrow array."""
        import pyarrow as pa
        import pyarrow.compute as pc

        return pc.take(pa.array(self.values, kind), pa.array(self.codes))


def interpret(cells: pa.StringArray, meaning: Callable[[str], Any]) -> Interpreted:
    """Apply `meaning` to each distinct text of a column; what raises `ValueError` becomes a reason.

    A null, as in a column that the file does not have, means null.
    """
    encoded = cells.dictionary_encode(null_encoding="encode")
    texts: list[str | None] = encoded.dictionary.to_pylist()
    values: list[Any] = []
    reasons: dict[int, str] = {}
    for code, text in enumerate(texts):
        try:
            values.append(None if text is None else meaning(text))
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
            found = shorten(str(cells.texts[code]), 60)
            self.reasons.setdefault(int(i), f"column {column}: {found!r} is {cells.reasons[code]}")

    def note(self, position: int, reason: str) -> None:
        """Note a fault of the record at `position` of the batch."""
        self.reasons.setdefault(position, reason)


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


Reassign = Callable[[str, "Batch", int], dict[int, str]]
"""The cells, by column, that make the record at a position of a batch another operator's."""


class Owner(NamedTuple):
    """Where a file's header says whose a record is; `reassign` where more than the name has to change with it."""

    name: int
    reassign: Reassign | None = None


def read_batches(
    file: RecordFile, context: Context, staged: Staged, owner: Owner | None = None
) -> Iterator[Batch]:
    """The records of a file with the filing's corrections applied, counted into `staged`.

    Raises `BadInput` where a correction meets another value than the one it was made for, or no record.
    """
    pending = by_cell(context.corrections, context.name)
    columns = {normalise_header(cell): i for i, cell in enumerate(file.header) if cell.strip()}
    for numbers, cells in file.batches():
        batch = Batch(numbers.to_numpy(), list(cells))
        yield _correct(batch, _Corrections(pending, columns, owner, context), staged)
    for misshapen in file.misshapen:
        correction = pending.pop((misshapen.record, None), None)
        if correction is not None:
            apply(correction, context.name, misshapen.record, misshapen.text)
            staged.note_correction(correction, misshapen.record, misshapen.text, None)
        if correction is None or correction.action != "drop":
            staged.rejected.append(
                Rejected(misshapen.record, misshapen.reason, expected=False, source_text=misshapen.text)
            )
    if pending:
        (record, _), correction = min(pending.items(), key=lambda item: item[0][0])
        raise stale(correction, context.name, record, "no such record")
    staged.records_read, staged.records_blank = file.read, file.blank


class _Corrections(NamedTuple):
    """The corrections that have not met their record yet, and what it takes to apply them."""

    pending: dict[tuple[int, str | None], Correction]
    columns: dict[str, int]
    owner: Owner | None
    context: Context


def _correct(batch: Batch, corrections: _Corrections, staged: Staged) -> Batch:
    """Apply the corrections of a batch's records, and take them off those that are pending."""
    import numpy as np

    pending, columns, owner, context = corrections
    dropped: list[int] = []
    patches: dict[int, dict[int, str]] = {}
    for (record, column), correction in sorted(pending.items(), key=lambda item: item[0][0]):
        position = int(np.searchsorted(batch.records, record))
        if position >= len(batch.records) or batch.records[position] != record:
            continue
        del pending[(record, column)]
        place = None if column is None else columns.get(normalise_header(column))
        if column is not None and place is None:
            raise stale(correction, context.name, record, "no such column")
        printed = batch.text(position) if place is None else batch.cells[place][position].as_py()
        used = apply(correction, context.name, record, printed)
        if correction.action == "drop":
            dropped.append(position)
        elif correction.action == "reassign" and used is not None:
            for where, text in _given_to(used, batch, position, owner, context).items():
                patches.setdefault(where, {})[position] = text
        elif place is not None and used is not None:
            patches.setdefault(place, {})[position] = used
        staged.note_correction(correction, record, printed, used)
    for place, values in patches.items():
        batch.cells[place] = _patched(batch.cells[place], values)
    return batch.without(dropped) if dropped else batch


def _given_to(
    operator: str, batch: Batch, position: int, owner: Owner | None, context: Context
) -> dict[int, str]:
    """The cells that make a record another operator's; its code is one of its names."""
    if owner is None:
        raise AssertionError(f"{context.held.filing.source} has no operators to reassign")
    if owner.reassign is None:
        return {owner.name: operator}
    return owner.reassign(operator, batch, position)


def _patched(cells: pa.StringArray, values: dict[int, str]) -> pa.StringArray:
    import pyarrow as pa

    texts = cells.to_pylist()
    for position, value in values.items():
        texts[position] = value
    return pa.array(texts, pa.string())


def marks_of(records: pa.Array, staged: Staged) -> pa.Array:
    """The column `corrected` of records, in their order: null where nothing was corrected."""
    import numpy as np
    import pyarrow as pa

    marks = staged.marks()
    if not marks:
        return pa.nulls(len(records), pa.string())
    numbers = records.to_numpy(zero_copy_only=False)
    found = np.full(len(numbers), None, dtype=object)
    for position in np.flatnonzero(np.isin(numbers, list(marks))):
        found[position] = marks[int(numbers[position])]
    return pa.array(found, pa.string())


def marks_by(table: pa.Table, keys: Sequence[str], groups: pa.Table) -> pa.Array:
    """The column `corrected` of `groups`, rows of `table` summed by `keys`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: dict[tuple[Any, ...], set[str]] = {}
    for row in table.filter(pc.is_valid(table["corrected"])).select([*keys, "corrected"]).to_pylist():
        found.setdefault(tuple(row[key] for key in keys), set()).add(row["corrected"])
    if not found:
        return pa.nulls(groups.num_rows, pa.string())
    each = zip(*(groups[key].to_pylist() for key in keys), strict=True)
    return pa.array([joined(found[k]) if k in found else None for k in each], pa.string())


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
