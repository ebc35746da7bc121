"""What a source is: one descriptor, which every other room asks in place of knowing sources by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from fleetstats.core.periods import Period
    from fleetstats.filings.double_counts import Counted
    from fleetstats.sources.printed import DigestRows, PrintedRecords
    from fleetstats.sources.recognition import Known, Recognised, Sample
    from fleetstats.sources.staged import Context, Staged


def _never(_: str) -> bool:
    return False


def _not_asked(_: Sample, __: Known) -> Recognised | None:
    return None


@dataclass(frozen=True)
class Source:
    """One series of one publisher.

    - `read` makes a filing's bytes into tidy tables.
    - `digest` gives the figures of an original as the bytes that are shipped in its place, where originals are not
      ours to ship; `in_digest` says how rows of core tables stand there, and `notes_of_file` how the notes begin that
      are made from the file, and so again with each digest.
    - `parse_edition` is the period of an edition's name, `ValueError` for a name that is none.
    - `recognise` reads from the bytes what a file is, None where it is none of this source's; see `recognition`.
    - `transcribed`: filings are transcriptions, every row with a date and a citation of its own; without
      `parse_edition`, the rows tell the period.
    - `transcribable`: figures of its filings can also be typed by a person, in a form of their own.
    - `period_column`: whether a header cell names a period, so that it is another one in the next edition.
    - `fills` names the core tables that it fills together with other sources; its own name it in the dictionary.
    - `size` is a staged table with the column whose sum, or without a column whose rows, measure an edition; where it
      is None the records loaded do.
    - `unlike` says why an edition cannot follow the one before it, for a person to look at; None if it can.
      `contradicts` says what in a file contradicts itself, and `figures_of` gives what would be the same in a file that
      was given another year: of two editions most of it differs.
    - `keys` is a staged table with the column that names each record, where an edition holds all records of the one
      before it.
    - `key_content` is a column beside it with a hash of the cells that are figures, which stay as they are.
    - `key_number` is the number in a key that grows as records come in, about in the order of their coming.
    - `printed` gives, by core table, the records of an original behind a row.
    - `double_counts`: what `double_counts.csv` may be about, by measure.
    - `rare_events` gives the numbers of events, from the core tables, that rates need limits for.
    - `folder` has `data/`, `sql/` and `expectations/` of a source that was registered at run time.
    """

    code: str
    read: Callable[[Context], Staged]
    digest: Callable[[Staged], bytes] | None = None
    in_digest: Mapping[str, DigestRows] = field(default_factory=dict)
    notes_of_file: tuple[str, ...] = ()
    parse_edition: Callable[[str], Period] | None = None
    recognise: Callable[[Sample, Known], Recognised | None] = _not_asked
    transcribed: bool = False
    transcribable: bool = False
    period_column: Callable[[str], bool] = _never
    fills: tuple[str, ...] = ()
    size: tuple[str, str | None] | None = None
    unlike: Callable[[Staged, Staged], str | None] | None = None
    contradicts: Callable[[Staged], str | None] | None = None
    figures_of: Callable[[Staged], set[tuple[object, ...]]] | None = None
    key_content: str | None = None
    keys: tuple[str, str] | None = None
    key_number: Callable[[str], int] | None = None
    printed: Mapping[str, PrintedRecords] = field(default_factory=dict)
    double_counts: Mapping[str, Counted] = field(default_factory=dict)
    rare_events: Callable[[Mapping[str, pa.Table]], Iterable[int]] | None = None
    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.parse_edition is None and not self.transcribed:
            raise ValueError(f"{self.code}: neither its editions nor its rows tell the period")

    def keys_of(self, staged: Staged) -> set[str]:
        """The names of the records of an edition; `ValueError` of a source whose records have none."""
        if self.keys is None:
            raise ValueError(f"{self.code}: its records have no keys")
        table, column = self.keys
        return set(staged.tables[table][column].to_pylist())

    def contents_of(self, staged: Staged) -> dict[str, str]:
        """The hash of the figures of each record, by its name; none of a source that has none."""
        if self.keys is None or self.key_content is None:
            return {}
        table, column = self.keys
        rows = staged.tables[table].select([column, self.key_content])
        return dict(zip(*(rows[name].to_pylist() for name in (column, self.key_content)), strict=True))

    def size_of(self, staged: Staged) -> int:
        """How large an edition is, in the unit in which its editions are compared."""
        if self.size is None:
            return staged.records_loaded
        table, column = self.size
        found = staged.tables[table]
        return int(found.num_rows if column is None else sum(found[column].to_pylist()))
