"""The columns that a publisher prints: `columns.csv` of the source says what they are called, and which
have to be there.

`columns.csv` has our name of a column, what is printed over it (without regard to case, blanks and punctuation; with a
`*` at the end, however it goes on), the first and last edition it is printed in (empty: any), and whether it is
required there. A column with several printed names has a line for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from fleetstats.core.csv_tables import csv_line, line_to_add, read_rows
from fleetstats.core.errors import BadInput, shorten
from fleetstats.sources.csv_file import RecordFile, normalise_header

if TYPE_CHECKING:
    import pyarrow as pa

    from fleetstats.core.periods import Period
    from fleetstats.sources.records import Batch
    from fleetstats.sources.staged import Context, Staged

COLUMNS_FILE = "columns.csv"
_COLUMNS = "column printed from_edition to_edition required note".split()
_REQUIRED = {"yes": True, "no": False}


@dataclass(frozen=True)
class Column:
    """A column as one edition may print it: what messages call it, its names there, and whether it has to be there.

    A column that is printed in other editions only has no names.
    """

    title: str
    printed: tuple[str, ...] = ()
    required: bool = False

    def is_headed(self, cell: str) -> bool:
        """Whether a header cell is one of its names."""
        found = normalise_header(cell)
        return any(
            found.startswith(normalise_header(name))
            if name.endswith("*")
            else found == normalise_header(name)
            for name in self.printed
        )


@dataclass(frozen=True)
class FoundColumns:
    """The columns of a file, by our names of them. `places` has those that are there."""

    columns: Mapping[str, Column]
    places: Mapping[str, int]

    def title(self, name: str) -> str:
        """What messages call a column."""
        return self.columns[name].title

    def cells(self, batch: Batch, name: str) -> pa.StringArray:
        """The texts of a column, one for each record of a batch; nulls of a column that is not there."""
        import pyarrow as pa

        if name in self.places:
            return batch.cells[self.places[name]]
        return pa.nulls(len(batch.records), pa.string())


def load_columns(
    folders: tuple[Path, ...], edition: str, period_of: Callable[[str], Period]
) -> dict[str, Column]:
    """All columns of a source as an edition may print them, by our names; later folders add to earlier ones.

    Editions are compared by the last days of their periods. Raises `BadInput` for a line that cannot be used.
    """
    day = period_of(edition).end
    found: dict[str, Column] = {}
    for folder in folders:
        path = folder / COLUMNS_FILE
        for record, row in read_rows(path, _COLUMNS):
            first, last, required = _parsed(path, record, row, period_of)
            title = row["printed"].removesuffix("*")
            column = found.setdefault(row["column"], Column(title))
            if first <= day <= last:
                found[row["column"]] = Column(
                    column.title if column.printed else title,
                    (*column.printed, row["printed"]),
                    column.required or required,
                )
    return found


def _parsed(
    path: Path, record: int, row: dict[str, str], period_of: Callable[[str], Period]
) -> tuple[date, date, bool]:
    try:
        first = period_of(row["from_edition"]).end if row["from_edition"] else date.min
        last = period_of(row["to_edition"]).end if row["to_edition"] else date.max
        if not row["column"] or not normalise_header(row["printed"]):
            raise ValueError("our name and a printed name")  # noqa: TRY301 - one message for all that can be wrong
        return first, last, _REQUIRED[row["required"]]
    except (KeyError, ValueError) as error:
        expected = "required: yes or no" if isinstance(error, KeyError) else str(error)
        raise BadInput(
            "a column that cannot be read",
            file=path,
            record=record,
            found=csv_line(*row.values()),
            expected=expected,
            todo="fix the line",
        ) from error


def find_columns(
    file: RecordFile,
    context: Context,
    staged: Staged,
    period_of: Callable[[str], Period],
    *,
    is_known: Callable[[str], bool] = lambda _: False,
) -> FoundColumns:
    """Where the columns of `columns.csv` are in a file; notes them in `staged`, with a warning of each other one.

    `is_known` tells header cells that are known otherwise; cells without a name are left to the caller. Raises
    `BadInput` naming the columns that are required of this edition and missing, and those that are there twice.
    """
    wanted = load_columns(context.folders, context.held.filing.edition, period_of)
    places: dict[str, int] = {}
    unknown: list[str] = []
    for i, cell in enumerate(file.header):
        if not normalise_header(cell):
            continue
        name = next((name for name, column in wanted.items() if column.is_headed(cell)), None)
        if name is None:
            if not is_known(cell):
                unknown.append(" ".join(cell.split()))
            continue
        if name in places:
            raise BadInput("a column is there twice", file=context.name, record=1, column=wanted[name].title)
        places[name] = i
    missing = [name for name, column in wanted.items() if column.required and name not in places]
    if missing or not wanted:
        raise _missing(file, context, wanted, missing, unknown)
    for title in unknown:
        staged.warnings.append(f"{context.name}: a column that is not known and not loaded: {title!r}")
    staged.observed["columns"] = [" ".join(c.split()) for c in file.header if c.strip()]
    staged.headers = {name: file.header[i] for name, i in places.items()}
    return FoundColumns(wanted, places)


def _missing(
    file: RecordFile, context: Context, wanted: Mapping[str, Column], missing: list[str], unknown: list[str]
) -> BadInput:
    path = context.folders[-1] / COLUMNS_FILE
    line = csv_line(
        missing[0] if missing else "COLUMN", "PRINTED", context.held.filing.edition, "", "yes", ""
    )
    return BadInput(
        "a column is missing" if len(missing) == 1 else "columns are missing",
        file=context.name,
        record=1,
        column=", ".join(wanted[name].title for name in missing),
        found=", ".join(shorten(" ".join(c.split()), 40) for c in file.header if c.strip()) or "nothing",
        expected=", ".join(column.title for column in wanted.values() if column.required)
        or f"columns listed in {COLUMNS_FILE}",
        todo=f"see whether the publisher renamed it (not known here: {shorten(', '.join(unknown), 300) or 'none'}); "
        f"if so, add its name to {line_to_add(path, _COLUMNS, line)}",
    )
