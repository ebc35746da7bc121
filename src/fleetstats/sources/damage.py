"""What has become of a file on its way: named as what it is, since advice that fits another cause leads away from it.

A file can be cut, joined to another one, or saved again by a program that writes numbers, days and separators as its
user's country does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleetstats.core.errors import BadInput, shorten

if TYPE_CHECKING:
    from pathlib import Path

    from fleetstats.sources.csv_file import Misshapen
    from fleetstats.sources.staged import Rejected

_SEPARATORS = {";": "semicolons", "\t": "tabulators", "|": "vertical bars"}
_DECIMAL_COMMA = re.compile(r"'\s*\d{1,3}(\.\d{3})*,\d+\s*' is")
_DAY_FIRST = re.compile(r"is no day of the calendar, month first")
_SERIAL_DAY = re.compile(r"'\s*\d{5}(\.\d+)?\s*' is not a date")
_AS_SERVED = "fetch the file as its publisher serves it; a spreadsheet program saved this copy"


def refuse_separator(header: Sequence[str], name: str) -> None:
    """`BadInput` for a header whose cells are separated by something else than commas."""
    if len([cell for cell in header if cell.strip()]) > 2:
        return
    line = ",".join(header)
    mark, count = max(((mark, line.count(mark)) for mark in _SEPARATORS), key=lambda pair: pair[1])
    if count >= 2:
        raise BadInput(
            f"{_SEPARATORS[mark]} between the cells, not commas",
            file=name,
            record=1,
            found=shorten(line, 100),
            expected="commas between the cells",
            todo=_AS_SERVED,
        )


def refuse_cut(path: Path, name: str, misshapen: Sequence[Misshapen], last_record: int) -> None:
    """`BadInput` where a file ends within a record: too few cells, and no line break after them."""
    if not misshapen or misshapen[-1].record != last_record or misshapen[-1].cells >= misshapen[-1].expected:
        return
    with path.open("rb") as file:
        file.seek(-1, 2)
        if file.read(1) in b"\r\n":
            return
    raise BadInput(
        "the file ends in the middle of a record: it was cut off",
        file=name,
        record=last_record,
        found=f"{misshapen[-1].reason}, and no line break at the end",
        expected="whole records to the end",
        todo="fetch the file again from its publisher; do not drop the record, more may be missing",
    )


def header_again(name: str, record: int) -> BadInput:
    """What to raise where the header stands again among the records."""
    return BadInput(
        "the header stands again among the records: files were joined, or one was pasted twice",
        file=name,
        record=record,
        found="the cells of record 1",
        expected="one header, in record 1",
        todo="fetch the file as its publisher serves it, and add each file by itself",
    )


def cause_of(rejected: Sequence[Rejected], name: str) -> BadInput | None:
    """What most of the records that cannot be read have in common, if it is known; advice for a few would mislead."""
    for pattern, problem, expected in (
        (_DECIMAL_COMMA, "decimal commas", "12.5, with a point"),
        (_DAY_FIRST, "days before months", "3/28/2023, the month first"),
        (_SERIAL_DAY, "days as the numbers of a spreadsheet", "3/28/2023, the month first"),
    ):
        like = [row for row in rejected if pattern.search(row.reason)]
        if len(like) > max(2, len(rejected) // 2):
            return BadInput(
                f"{problem}: {len(like):,} records cannot be read; nothing was landed",
                file=name,
                record=like[0].record,
                found=like[0].reason,
                expected=expected,
                todo=_AS_SERVED,
            )
    return None
