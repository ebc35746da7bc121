"""What a file is, read from its bytes: which source, which kind, which edition, and how sure that is.

Names are not asked: a download that went wrong has the right name, and other bytes.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fleetstats.core.errors import shorten
from fleetstats.filings.chains import without_amendment
from fleetstats.sources.csv_file import RecordFile, normalise_header, open_records

if TYPE_CHECKING:
    from fleetstats.sources.source import Source
    from fleetstats.sources.staged import Staged

SAMPLE_BYTES = 16 * 1024 * 1024
"""How much of a file is read to recognise it; the readers themselves look at all of it."""

_FEWEST = 4
"""Two equal records may be two; four that are two pairs are one file twice."""

Sure = Literal["certain", "likely", "unsure"]


@dataclass(frozen=True)
class Recognised:
    """What the bytes of a file say that it is.

    - `source` is the code of the source, or None for a file that is known and of no source here.
    - `what` is how a person would call it.
    - `editions` are the names that the bytes allow, the likeliest first; none: the bytes tell no edition.
    - `because` is what was seen, for a person to judge.
    - `issued_on` is the day on which its publisher usually issues such an edition, where it is known.
    - `doubts` are what no whole file of this kind has: it is damaged, or was changed.
    """

    source: str | None
    what: str
    editions: tuple[str, ...] = ()
    sure: Sure = "certain"
    because: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    issued_on: date | None = None

    def allows(self, source: str, edition: str) -> bool:
        """Whether the file may be this edition of this source, or an amendment of it."""
        return source == self.source and (not self.editions or without_amendment(edition) in self.editions)

    @property
    def says(self) -> str:
        """One line: what it is, how sure that is, and why."""
        name = self.what
        if self.source is not None:
            name = f"{self.source}/{self.editions[0]}" if self.editions else self.source
            name += f" ({self.what})"
        return f"{name}, {self.sure}: {'; '.join(self.because)}" if self.because else f"{name}, {self.sure}"


def _none(_: str) -> dict[str, Staged]:
    return {}


@dataclass(frozen=True)
class Known:
    """What a source may ask beside the bytes: where its reviewed tables lie, and what other editions hold.

    `folders` and `editions` are asked with the code of a source; `editions` answers with those in force, by name.
    `name` is what messages call the file.
    """

    folders: Callable[[str], tuple[Path, ...]]
    editions: Callable[[str], Mapping[str, Staged]] = _none
    name: str | None = None


@dataclass(frozen=True)
class Sample:
    """The header of a file, and cells of its first records."""

    file: RecordFile

    def has(self, *columns: str) -> bool:
        """Whether the header has all of these columns, without regard to case, blanks and punctuation."""
        return all(self.place(column) is not None for column in columns)

    def place(self, column: str) -> int | None:
        """The position of a column; a `*` at the end of its name stands for whatever follows."""
        wanted = normalise_header(column)
        for i, cell in enumerate(self.file.header):
            found = normalise_header(cell)
            if found == wanted or (column.endswith("*") and found.startswith(wanted)):
                return i
        return None

    def places(self, *columns: str) -> list[int]:
        """The positions of these columns, of those that are there."""
        return [place for column in columns if (place := self.place(column)) is not None]

    def cells(self, *places: int) -> list[tuple[str, ...]]:
        """The cells of these columns, a tuple for each of the first records that are not blank."""
        return [tuple(row[place] for place in places) for row in self._records]

    @cached_property
    def _records(self) -> list[list[str]]:
        """The first records with as many cells as the header; what cannot be read ends them, as readers will tell."""
        with self.file.path.open("rb") as file:
            text = file.read(SAMPLE_BYTES).decode(self.file.encoding, "replace").removeprefix("\ufeff")
        records = itertools.islice(csv.reader(io.StringIO(text, newline="")), 1, None)
        found: list[list[str]] = []
        with suppress(csv.Error):
            found.extend(
                row for row in records if len(row) == len(self.file.header) and any(map(str.strip, row))
            )
        return found


def sample_of(path: Path, name: str | None = None) -> Sample:
    """Open a file to be recognised; raises as `open_records`."""
    return Sample(open_records(path, name))


def recognise(sample: Sample, sources: Iterable[Source], known: Known) -> list[Recognised]:
    """What a file may be, by those who know their own; the surest first."""
    order: Sequence[Sure] = ("certain", "likely", "unsure")
    found = [seen for source in sources if (seen := source.recognise(sample, known)) is not None]
    if found and doubled(sample):
        twice = "every record stands twice"
        found = [replace(seen, doubts=(*seen.doubts, twice)) for seen in found]
    return sorted(found, key=lambda seen: order.index(seen.sure))


def doubled(sample: Sample) -> bool:
    """Whether every record stands there twice, as in a file that was written twice or joined with itself.

    Equal records are separate ones; that all of them are equal to another one is no chance, but in the smallest files.
    """
    found = Counter(sample.cells(*range(len(sample.file.header))))
    return found.total() >= _FEWEST and all(count % 2 == 0 for count in found.values())


def nothing_known(sample: Sample) -> str:
    """What to say of a file that nobody knows: its header."""
    header = ", ".join(" ".join(cell.split()) for cell in sample.file.header if cell.strip())
    return f"{len(sample.file.header)} columns: {shorten(header, 200)}"
