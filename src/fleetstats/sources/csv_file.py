"""A publisher's CSV file as numbered records: streamed, strict about form, and indifferent to dirt in cells.

Every cell stays the text that was printed. A record that has not the header's number of cells is handed
over as misshapen, with its text; records of empty cells are counted and left out. What is not such a file
at all (another format, another encoding, cut off inside a quoted cell) raises `BadInput`.
"""

from __future__ import annotations

import csv
import io
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fleetstats.core.errors import BadInput, shorten
from fleetstats.sources.damage import header_again, refuse_cut, refuse_separator

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

RECORD_LIMIT = 4 * 1024 * 1024
"""Longest record in bytes; the longest one the DMV has published has 1.1 KB."""

_SCAN = 1 << 20
_FOREIGN = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or a spreadsheet (.xlsx)",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet (.xls)",
    b"\x1f\x8b": "a gzip archive",
    b"PAR1": "a Parquet file",
}


@dataclass
class Misshapen:
    """A record with another number of cells than the header."""

    record: int
    cells: int
    expected: int
    text: str

    @property
    def reason(self) -> str:
        """Why it cannot be loaded, in words."""
        return f"{self.cells} cells where the header has {self.expected}"


@dataclass
class RecordFile:
    """One opened CSV file. `header` holds its cells as printed; record 1 is the header.

    `read` and `blank` count, once `batches` has run to its end, all records below the header and those of
    empty cells only; `misshapen` lists those that do not fit the header.
    """

    path: Path
    name: str
    header: list[str]
    encoding: str
    read: int = 0
    blank: int = 0
    misshapen: list[Misshapen] = field(default_factory=list)

    def batches(self) -> Iterator[tuple[pa.Array, list[pa.StringArray]]]:
        """Batches of (record numbers, one array of texts per column), in the order of the file."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc
        from pyarrow import csv as arrow_csv

        width = len(self.header)
        names = [str(i) for i in range(width)]
        short: dict[int, Misshapen] = {}

        def set_aside(row: arrow_csv.InvalidRow) -> str:
            short[row.number] = Misshapen(
                row.number, row.actual_columns, row.expected_columns, row.text or ""
            )
            return "skip"

        done = 0
        again = [name.strip() for name in self.header]
        try:
            # Closed whatever happens: a reader that is left open ends its process while it still reads ahead
            with arrow_csv.open_csv(
                str(self.path),
                read_options=arrow_csv.ReadOptions(
                    column_names=names,
                    use_threads=False,
                    encoding=self.encoding,
                    block_size=RECORD_LIMIT,
                ),
                parse_options=arrow_csv.ParseOptions(
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=set_aside,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types={name: pa.string() for name in names}, strings_can_be_null=False
                ),
            ) as reader:
                for batch in reader:
                    numbers = _numbers(done, len(batch), short)
                    done = int(numbers[-1]) if len(numbers) else done
                    keep = numbers > 1
                    filled = np.zeros(len(batch), dtype=bool)
                    for column in batch.columns:
                        filled |= pc.not_equal(pc.utf8_trim_whitespace(column), "").to_numpy(
                            zero_copy_only=False
                        )
                    self.blank += int((keep & ~filled).sum())
                    self.read += int(keep.sum())
                    self._refuse_header_again(numbers, keep, batch.columns, again)
                    mask = pa.array(keep & filled)
                    yield (
                        pc.filter(pa.array(numbers, pa.int64()), mask),
                        [pc.filter(column, mask) for column in batch.columns],
                    )
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                raise BadInput(
                    "cannot be read as CSV",
                    file=self.name,
                    record=done + 1,
                    found=str(error),
                    expected="comma-separated records, cells with commas or line breaks in double quotes",
                    todo="fetch the file again from its publisher",
                ) from error
            raise _too_long(self.name, done + 1) from error
        self.misshapen = sorted(short.values(), key=lambda m: m.record)
        self.read += len(self.misshapen)
        refuse_cut(self.path, self.name, self.misshapen, max(done, *short) if short else done)

    def _refuse_header_again(
        self, numbers: np.ndarray, keep: np.ndarray, columns: list[pa.StringArray], header: list[str]
    ) -> None:
        import pyarrow.compute as pc

        same = keep.copy()
        for column, cell in zip(columns, header, strict=True):
            # Nearly always the first column is enough
            if not same.any():
                return
            same &= pc.equal(pc.utf8_trim_whitespace(column), cell).to_numpy(zero_copy_only=False)
        if same.any():
            raise header_again(self.name, int(numbers[same][0]))


def _numbers(done: int, count: int, short: dict[int, Misshapen]) -> np.ndarray:
    import numpy as np

    if not any(number > done for number in short):
        return np.arange(done + 1, done + count + 1)
    numbers = np.empty(count, dtype=np.int64)
    number = done
    for i in range(count):
        number += 1
        while number in short:
            number += 1
        numbers[i] = number
    return numbers


def open_records(path: Path, name: str | None = None) -> RecordFile:
    """Open a CSV file; `name` is what messages call it (default: the file's name).

    Reads it once to find its encoding (UTF-8, else cp1252, the DMV's) and whether it is whole. Raises
    `BadInput` for an empty file, HTML, an archive or another binary, UTF-16, bytes that neither encoding
    knows, an open quotation mark, and a header that is no record.
    """
    name = name or path.name
    if path.stat().st_size == 0:
        raise BadInput(
            "an empty file",
            file=name,
            found="0 bytes",
            expected="a CSV file with a header and records",
            todo="fetch it again from its publisher",
        )
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        head = bytes(data[:_SCAN])
        _refuse_foreign(head, name)
        encoding = _encoding(data, name)
        header = _header(head, encoding, name)
        refuse_separator(header, name)
    return RecordFile(path=path, name=name, header=header, encoding=encoding)


def _refuse_foreign(head: bytes, name: str) -> None:
    expected = "a CSV file in UTF-8 or cp1252"
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise BadInput(
                f"{what}, not a CSV file",
                file=name,
                found=repr(head[:16]),
                expected=expected,
                todo="fetch the CSV file from its publisher; if there is only this one, save its table as CSV (UTF-8)",
            )
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput(
            "another encoding: UTF-16",
            file=name,
            found=repr(head[:16]),
            expected=expected,
            todo="fetch the file as its publisher serves it, not as a spreadsheet program saved it",
        )
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<body")):
        raise BadInput(
            "HTML, not a CSV file",
            file=name,
            found=shorten(start[:60].decode("ascii", "replace")),
            expected=expected,
            todo="the address answered with a web page: fetch the file again, or from its new address",
        )


def _encoding(data: mmap.mmap, name: str) -> str:
    """utf8 if every byte decodes as such, else cp1252; checks NULs and quotation marks on the way."""
    import codecs

    quotes = 0
    ascii_only = True
    utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")("strict")
    for start in range(0, len(data), _SCAN):
        chunk = bytes(data[start : start + _SCAN])
        if (nul := chunk.find(b"\0")) >= 0:
            raise BadInput(
                "binary data, not text",
                file=name,
                record=_record_at(data, start + nul),
                found=f"a NUL byte at byte {start + nul:,}",
                expected="a CSV file in UTF-8 or cp1252",
                todo="fetch the file again from its publisher",
            )
        quotes += chunk.count(b'"')
        ascii_only = ascii_only and chunk.isascii()
        if utf8 is not None:
            try:
                utf8.decode(chunk, final=start + _SCAN >= len(data))
            except UnicodeDecodeError:
                utf8 = None
    if quotes % 2:
        raise BadInput(
            "a quotation mark is never closed: the file is cut off or damaged",
            file=name,
            found=f"{quotes:,} double quotation marks, an odd number",
            expected="an even number, since every quoted cell has two",
            todo="fetch the file again from its publisher",
        )
    if utf8 is not None:
        return "utf8"
    for start in range(0, len(data), _SCAN):
        chunk = bytes(data[start : start + _SCAN])
        try:
            chunk.decode("cp1252")
        except UnicodeDecodeError as error:
            raise BadInput(
                "another encoding",
                file=name,
                record=_record_at(data, start + error.start),
                found=f"byte 0x{chunk[error.start]:02x} at byte {start + error.start:,}",
                expected="UTF-8 or cp1252",
                todo="fetch the file as its publisher serves it",
            ) from error
    return "cp1252"


def _record_at(data: mmap.mmap, offset: int) -> int:
    """The number of the record that a byte belongs to: line breaks inside quotation marks end none."""
    record, quoted = 1, False
    for start in range(0, offset, _SCAN):
        for i, part in enumerate(bytes(data[start : min(start + _SCAN, offset)]).split(b'"')):
            quoted ^= i > 0
            record += 0 if quoted else part.count(b"\n")
    return record


def _header(head: bytes, encoding: str, name: str) -> list[str]:
    text = head.decode(encoding, "replace").removeprefix("\ufeff")
    try:
        header = next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
    except csv.Error as error:
        if len(head) >= _SCAN:
            raise _too_long(name, 1) from error
        raise BadInput("the header cannot be read as CSV", file=name, record=1, found=str(error)) from error
    if len(",".join(header)) > _SCAN // 2:
        raise _too_long(name, 1)
    if not any(cell.strip() for cell in header):
        raise BadInput(
            "a file without a header",
            file=name,
            record=1,
            found="an empty line",
            expected="the names of the columns",
            todo="fetch the file again from its publisher",
        )
    return header


def _too_long(name: str, record: int) -> BadInput:
    return BadInput(
        "a record that is too long",
        file=name,
        record=record,
        found=f"more than {RECORD_LIMIT:,} bytes without the end of a record",
        expected="records of a few hundred bytes",
        todo="the file is damaged: fetch it again from its publisher",
    )


def normalise_header(cell: str) -> str:
    """A header cell without case, blanks, line breaks and punctuation."""
    return "".join(c for c in cell.casefold() if c.isalnum())
