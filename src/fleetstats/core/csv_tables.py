"""The project's own CSV files: reviewed tables, digests, transcriptions. Strict about their columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from fleetstats.core.errors import BadInput
from fleetstats.core.files import write_atomically
from fleetstats.core.reading import MIB, refuse_unreadable

_LARGEST = 1024 * MIB


def read_rows(
    path: Path, columns: Sequence[str], name: object = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """The records with their numbers (the header is 1), cells without blanks around; none if there is no file.

    `name` is what messages call the file. Raises `BadInput` for other columns, another number of cells, and
    whatever is not CSV in UTF-8.
    """
    if not path.exists():
        return
    refuse_unreadable(path, _LARGEST, name)
    number = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            if header != list(columns):
                raise BadInput(
                    "a table with other columns than it has to have",
                    file=name or path,
                    record=1,
                    found=",".join(header),
                    expected=",".join(columns),
                    todo="make the first line what is expected",
                )
            for number, cells in enumerate(reader, start=2):
                if len(cells) != len(header):
                    raise BadInput(
                        "a record with another number of cells than the header",
                        file=name or path,
                        record=number,
                        found=f"{len(cells)} cells: {','.join(cells)}",
                        expected=f"{len(header)} cells",
                        todo="quote cells that contain a comma",
                    )
                yield number, dict(zip(header, (cell.strip() for cell in cells), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(
            "not a CSV file in UTF-8",
            file=name or path,
            record=number,
            found=str(error),
            expected=",".join(columns),
            todo="save it as CSV in UTF-8",
        ) from error


def csv_line(*cells: object) -> str:
    """Cells as one record of a CSV file, without its end; quoted where one holds a comma or a line break."""
    out = io.StringIO()
    # With this record end both CR and LF inside a cell are quoted
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()[:-2]


def append_lines(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Add rows to a reviewed file, which begins with its header if it is new; the file is replaced in one step."""
    before = path.read_text(encoding="utf-8") if path.exists() else csv_line(*columns) + "\n"
    if not before.endswith("\n"):
        before += "\n"
    write_atomically(path, (before + "".join(csv_line(*row) + "\n" for row in rows)).encode())


def line_to_add(path: Path, columns: Sequence[str], line: str) -> str:
    """For a message: which line to add to which reviewed file, and how a new file begins."""
    begins = "" if path.exists() else f"\n            (a new file begins with the line {','.join(columns)})"
    return f"{path}: {line}{begins}"
