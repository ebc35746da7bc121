"""What a reader makes of one filing: tables, an account of its records, and what a person should know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

    from fleetstats.filings.corrections import Correction
    from fleetstats.filings.filing import Held
    from fleetstats.filings.operators import OperatorTable


HASHED = "sha256 "
"""How a text begins that stands for another one, by its hash."""


class Rejected(NamedTuple):
    """A record set aside: why, whether a reviewed line expects it, and its text."""

    record: int
    reason: str
    expected: bool
    source_text: str


class Corrected(NamedTuple):
    """A record that a correction touched, and with what; `addresses` says whose records are counted."""

    record: int
    action: str
    column_name: str | None
    printed: str | None
    used: str | None
    reason: str
    correction_evidence: str
    publisher_told: bool
    addresses: str


@dataclass(frozen=True)
class Context:
    """What a reader may know besides the bytes: the filing, the reviewed tables, its corrections.

    `row_corrections` are those of the rows of a digest, which are applied last, also where its original is read.

    `folders` are searched in order for reviewed tables of the source, the user's own coming last.
    """

    held: Held
    operators: OperatorTable
    corrections: tuple[Correction, ...]
    folders: tuple[Path, ...]
    row_corrections: tuple[Correction, ...] = ()

    @property
    def name(self) -> str:
        """What messages call the file."""
        return f"{self.held.filing.id}: {self.held.path.name}"


@dataclass
class Staged:
    """The result of reading one filing: `tables` by name, in the types of the field dictionary.

    `headers` are the header cells as printed of the columns that were found, by our names of them.
    """

    filing: str
    tables: dict[str, pa.Table] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    corrected: list[Corrected] = field(default_factory=list)
    records_read: int = 0
    records_loaded: int = 0
    records_blank: int = 0
    records_superseded: int = 0
    records_dropped: int = 0
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    observed: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def unaccounted(self) -> int:
        """Records that are neither loaded nor superseded nor dropped nor rejected nor blank; always 0, or the
        reader has a bug."""
        kept = self.records_loaded + self.records_superseded
        return self.records_read - kept - self.records_dropped - len(self.rejected) - self.records_blank

    def note_correction(self, correction: Correction, record: int, printed: str, used: str | None) -> None:
        """Note that a correction was applied to a record; of a text that is not ours to carry its hash stays."""
        printed = correction.expect if correction.expect.startswith(HASHED) else printed
        self.corrected.append(
            Corrected(
                record,
                correction.action,
                correction.column,
                printed,
                used,
                correction.reason,
                correction.evidence,
                correction.reported,
                correction.addresses,
            )
        )
        self.records_dropped += correction.action == "drop"

    def marks(self, addresses: str = "original") -> dict[int, str]:
        """What corrections did to each record that is left, such as `override, scale`."""
        done: dict[int, set[str]] = {}
        for one in self.corrected:
            if one.addresses == addresses and one.action != "drop":
                done.setdefault(one.record, set()).add(one.action)
        return {record: joined(actions) for record, actions in done.items()}


def joined(marks: Iterable[str]) -> str:
    """Marks of several records, or several marks of one, as one."""
    return ", ".join(sorted({part for mark in marks for part in mark.split(", ") if part}))
