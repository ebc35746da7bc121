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
    from fleetstats.sources.staged import Context, Staged


def _never(_: str) -> bool:
    return False


@dataclass(frozen=True)
class Source:
    """One series of one publisher.

    - `read` makes a filing's bytes into tidy tables.
    - `digest` gives the figures of an original as the bytes that are shipped in its place, where originals are not
      ours to ship; `in_digest` says how rows of core tables stand there, and `notes_of_file` how the notes begin that
      are made from the file, and so again with each digest.
    - `parse_edition` is the period of an edition's name, `ValueError` for a name that is none.
    - `replaces` is the edition that a new one replaces, given those held, where every edition does; `ValueError` for
      one that comes too late to be put before them.
    - `transcribed`: filings are transcriptions, every row with a date and a citation of its own; without
      `parse_edition`, the rows tell the period.
    - `period_column`: whether a header cell names a period, so that it is another one in the next edition.
    - `fills` names the core tables that it fills together with other sources; its own name it in the dictionary.
    - `size` is a staged table with the column whose sum, or without a column whose rows, measure an edition; where it
      is None the records loaded do.
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
    replaces: Callable[[str, Iterable[str]], str | None] | None = None
    transcribed: bool = False
    period_column: Callable[[str], bool] = _never
    fills: tuple[str, ...] = ()
    size: tuple[str, str | None] | None = None
    printed: Mapping[str, PrintedRecords] = field(default_factory=dict)
    double_counts: Mapping[str, Counted] = field(default_factory=dict)
    rare_events: Callable[[Mapping[str, pa.Table]], Iterable[int]] | None = None
    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.parse_edition is None and not self.transcribed:
            raise ValueError(f"{self.code}: neither its editions nor its rows tell the period")

    def size_of(self, staged: Staged) -> int:
        """How large an edition is, in the unit in which its editions are compared."""
        if self.size is None:
            return staged.records_loaded
        table, column = self.size
        found = staged.tables[table]
        return int(found.num_rows if column is None else sum(found[column].to_pylist()))
