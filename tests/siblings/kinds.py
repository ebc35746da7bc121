"""How a file can be another than the right one: each kind makes one sibling of a file, or none where it cannot be made.

A kind changes the table as its publisher prints it, or the bytes. `same` says that a sibling still says the same, so
that it may land; every other one may not be published as it is.
"""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from fleetstats.sources.cadmv.forms import parse_month_header

Rows = list[list[str]]

DATES = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{2,4})\b")
MONTHS = re.compile(r"\b(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)-(20\d\d)\b")


@dataclass(frozen=True)
class File:
    """A publisher's file: its bytes, its encoding and its records; the first is the header."""

    content: bytes
    encoding: str
    rows: Rows

    @classmethod
    def of(cls, content: bytes) -> File:
        encoding = "utf-8-sig"
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            encoding = "cp1252"
            text = content.decode(encoding)
        return cls(content, encoding, list(csv.reader(io.StringIO(text, newline=""))))

    @property
    def header(self) -> list[str]:
        return self.rows[0]

    @property
    def records(self) -> Rows:
        """The records that are not blank."""
        return [row for row in self.rows[1:] if any(cell.strip() for cell in row)]

    def place(self, *names: str) -> int | None:
        """Where a column of one of these names is."""
        plain = ["".join(c for c in cell.casefold() if c.isalnum()) for cell in self.header]
        return next((plain.index(name) for name in names if name in plain), None)

    def written(self, rows: Rows, **how: str) -> bytes:
        """Records as CSV bytes in the file's own encoding, or as `how` says."""
        encoding = how.pop("encoding", self.encoding.removesuffix("-sig"))
        out = io.StringIO()
        csv.writer(out, **{"lineterminator": "\r\n", **how}).writerows(rows)  # type: ignore[arg-type]
        return out.getvalue().encode(encoding)


Make = Callable[[File, random.Random], bytes | None]


@dataclass(frozen=True)
class Kind:
    """A kind of sibling."""

    name: str
    make: Make
    same: bool = False


def cut_at_a_byte(file: File, dice: random.Random) -> bytes | None:
    end = dice.randrange(len(file.content) // 3, len(file.content) - 3)
    return file.content[:end]


def cut_at_a_record(file: File, _: random.Random) -> bytes | None:
    records = file.records
    return file.written([file.header, *records[: len(records) * 2 // 3]]) if len(records) > 2 else None


def without_its_head(file: File, _: random.Random) -> bytes | None:
    records = file.records
    return file.written([file.header, *records[len(records) // 3 :]]) if len(records) > 2 else None


def doubled(file: File, _: random.Random) -> bytes | None:
    return file.written([file.header, *file.records, *file.records])


def each_record_twice(file: File, _: random.Random) -> bytes | None:
    return file.written([file.header, *(row for row in file.records for _ in range(2))])


def joined_with_itself(file: File, _: random.Random) -> bytes | None:
    return file.written([*file.rows, *file.rows])


def header_twice(file: File, _: random.Random) -> bytes | None:
    return file.written([file.header, file.header, *file.records])


def column_twice(file: File, _: random.Random) -> bytes | None:
    return file.written([[*row, *row] for row in [file.header, *file.records]])


def columns_shuffled(file: File, dice: random.Random) -> bytes | None:
    order = list(range(len(file.header)))
    dice.shuffle(order)
    wide = [[*row, *[""] * (len(order) - len(row))] for row in [file.header, *file.records]]
    return file.written([[row[i] for i in order] for row in wide])


def header_shifted(file: File, _: random.Random) -> bytes | None:
    """The names of the columns are one column off."""
    return file.written([[*file.header[1:], file.header[0]], *file.records])


def records_shuffled(file: File, dice: random.Random) -> bytes | None:
    records = list(file.records)
    dice.shuffle(records)
    return file.written([file.header, *records])


def one_firm_dropped(file: File, dice: random.Random) -> bytes | None:
    place = file.place("manufacturer", "reportingentity", "company")
    if place is None:
        return None
    firms = sorted({row[place] for row in file.records})
    if len(firms) < 2:
        return None
    gone = dice.choice(firms)
    return file.written([file.header, *(row for row in file.records if row[place] != gone)])


def one_month_dropped(file: File, dice: random.Random) -> bytes | None:
    months = [i for i, cell in enumerate(file.header) if parse_month_header(cell) is not None]
    if months:
        gone = dice.choice(months)
        return file.written([row[:gone] + row[gone + 1 :] for row in [file.header, *file.records]])
    place = file.place("date", "incidentdate")
    if place is None:
        return None

    def month_of(text: str) -> str:
        found = DATES.search(text)
        return f"{found[1]}/{found[3]}" if found else text.strip()[:8]

    there = sorted({month_of(row[place]) for row in file.records})
    if len(there) < 2:
        return None
    out = dice.choice(there)
    return file.written([file.header, *(row for row in file.records if month_of(row[place]) != out)])


def _times(factor: float) -> Make:
    def make(file: File, _: random.Random) -> bytes | None:
        places = [i for i, cell in enumerate(file.header) if parse_month_header(cell) is not None]
        annual = file.place("annualtotal")
        value = file.place("value")
        places += [place for place in (annual, value) if place is not None]
        if not places:
            return None

        def scaled(text: str) -> str:
            plain = text.replace(",", "").strip()
            try:
                return f"{float(plain) * factor:.6f}".rstrip("0").rstrip(".") if plain else text
            except ValueError:
                return text

        return file.written(
            [
                file.header,
                *([scaled(c) if i in places else c for i, c in enumerate(row)] for row in file.records),
            ]
        )

    return make


def days_and_months_swapped(file: File, _: random.Random) -> bytes | None:
    text = file.content.decode(file.encoding)
    changed = DATES.sub(lambda m: f"{m[2]}/{m[1]}/{m[3]}", text)
    return None if changed == text else changed.encode(file.encoding.removesuffix("-sig"))


def a_year_later(file: File, _: random.Random) -> bytes | None:
    """The same records with every day and month a year on, as of a file that was edited."""
    text = file.content.decode(file.encoding)
    changed = DATES.sub(lambda m: f"{m[1]}/{m[2]}/{int(m[3]) + 1}", text)
    changed = MONTHS.sub(lambda m: f"{m[1]}-{int(m[2]) + 1}", changed)
    return None if changed == text else changed.encode(file.encoding.removesuffix("-sig"))


def semicolons(file: File, _: random.Random) -> bytes | None:
    return file.written(file.rows, delimiter=";")


def tabs(file: File, _: random.Random) -> bytes | None:
    return file.written(file.rows, delimiter="\t")


def decimal_commas(file: File, _: random.Random) -> bytes | None:
    number = re.compile(r"\d+\.\d+")
    rows = [
        [cell.replace(".", ",") if number.fullmatch(cell.strip()) else cell for cell in row]
        for row in file.rows
    ]
    return None if rows == file.rows else file.written(rows, delimiter=";")


def utf_16(file: File, _: random.Random) -> bytes | None:
    return file.content.decode(file.encoding).encode("utf-16")


def utf_8_with_a_mark(file: File, _: random.Random) -> bytes | None:
    return file.written([file.header, *file.records], encoding="utf-8-sig")


def other_record_ends(file: File, _: random.Random) -> bytes | None:
    return file.written([file.header, *file.records], lineterminator="\n")


def quoted_throughout(file: File, _: random.Random) -> bytes | None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([file.header, *file.records])
    return out.getvalue().encode(file.encoding.removesuffix("-sig"))


def saved_by_excel(file: File, _: random.Random) -> bytes | None:
    """As Excel of the United States saves it: months of the header as `Dec-23`, no blanks at the end of cells."""

    def cell_of(text: str) -> str:
        month = parse_month_header(text)
        return text.rstrip(" ") if month is None else f"{month:%b-%y}"

    return file.written(
        [[cell_of(c) for c in file.header], *([c.rstrip(" ") for c in row] for row in file.records)]
    )


def a_web_page(_: File, __: random.Random) -> bytes | None:
    return b"<!DOCTYPE html>\n<html><head><title>Page not found</title></head><body>404</body></html>\n"


def a_zip_archive(file: File, _: random.Random) -> bytes | None:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", file.content)
    return out.getvalue()


def the_header_alone(file: File, _: random.Random) -> bytes | None:
    return file.written([file.header])


KINDS = (
    Kind("cut at a byte", cut_at_a_byte),
    Kind("cut at a record", cut_at_a_record),
    Kind("without its head", without_its_head),
    Kind("the header alone", the_header_alone),
    Kind("doubled", doubled),
    Kind("each record twice", each_record_twice),
    Kind("joined with itself", joined_with_itself),
    Kind("header twice", header_twice),
    Kind("each column twice", column_twice),
    Kind("header one column off", header_shifted),
    Kind("one firm dropped", one_firm_dropped),
    Kind("one month dropped", one_month_dropped),
    Kind("values × 10", _times(10)),
    Kind("values × 1.609", _times(1.609344)),
    Kind("values × 1,609", _times(1609.344)),
    Kind("days and months swapped", days_and_months_swapped),
    Kind("a year later", a_year_later),
    Kind("semicolons", semicolons),
    Kind("tabulators", tabs),
    Kind("decimal commas", decimal_commas),
    Kind("UTF-16", utf_16),
    Kind("a web page", a_web_page),
    Kind("a ZIP archive", a_zip_archive),
    Kind("columns shuffled", columns_shuffled, same=True),
    Kind("records shuffled", records_shuffled, same=True),
    Kind("UTF-8 with a byte order mark", utf_8_with_a_mark, same=True),
    Kind("other record ends", other_record_ends, same=True),
    Kind("quoted throughout", quoted_throughout, same=True),
    Kind("saved by Excel", saved_by_excel, same=True),
)
