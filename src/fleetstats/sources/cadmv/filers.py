"""The filers of the DMV's files: permits and names resolved; and columns without a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fleetstats.core.csv_tables import line_to_add
from fleetstats.core.errors import BadInput
from fleetstats.filings.operators import NAME_COLUMNS, normalise_permit
from fleetstats.sources.cadmv.forms import scope_of
from fleetstats.sources.csv_file import RecordFile
from fleetstats.sources.records import Batch, Faults
from fleetstats.sources.staged import Context, Staged

if TYPE_CHECKING:
    import pyarrow as pa


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
