"""What a filing itself says of a core row: the records behind it, and what is printed there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleetstats.sources.staged import Staged


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


@dataclass(frozen=True)
class DigestRows:
    """How rows of a core table stand in a digest: what `table` says there, the columns that tell them apart, and
    columns of the core table that have another name there."""

    called: str
    key: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Original:
    """A publisher's file, and what its reader makes of it; `name` is what messages call it."""

    staged: Staged
    path: Path
    name: str

    @cached_property
    def cells(self) -> dict[int, dict[str, str]]:
        """The cells of a CSV file as printed, by record and header cell."""
        from fleetstats.sources.csv_file import open_records

        file = open_records(self.path, self.name)
        return {
            number: dict(zip(file.header, texts, strict=True))
            for numbers, columns in file.batches()
            for number, *texts in zip(
                numbers.to_pylist(), *(column.to_pylist() for column in columns), strict=True
            )
        }

    def rows(self, table: str, **same: Any) -> list[dict[str, Any]]:
        """The rows of a staged table that have these values, in the order of their records."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found = self.staged.tables[table]
        for name, value in same.items():
            kind = found.schema.field(name).type
            found = found.filter(
                pc.is_null(found[name]) if value is None else pc.equal(found[name], pa.scalar(value, kind))
            )
        rows: list[dict[str, Any]] = found.sort_by("record").to_pylist()
        return rows

    def cell(self, record: int, wanted: str | Callable[[str], bool]) -> tuple[str, str]:
        """The header cell of a column, by our name of it or by a test of header cells, and what a record has there.

        Of a column that the file has not the name, and nothing.
        """
        for header, text in self.cells[record].items():
            if header == self.staged.headers.get(wanted) if isinstance(wanted, str) else wanted(header):
                return " ".join(header.split()), text.strip()
        return wanted if isinstance(wanted, str) else "", ""


PrintedRecords = Callable[[Original, Mapping[str, Any], str], Iterable[Printed]]
"""Of an original: the records behind a row of a core table, for this column of it."""
