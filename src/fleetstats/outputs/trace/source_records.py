"""What the filings themselves say: of a core row, the records it was read from and what is printed there.

An original is read again, from its bytes; of a digest or a transcription the row is found. Nothing here reads the
warehouse, so that what the two say can be compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fleetstats.core.errors import FleetstatsError, shorten
from fleetstats.sources.printed import Original, Printed
from fleetstats.sources.registry import source

if TYPE_CHECKING:
    from fleetstats.core.settings import Settings
    from fleetstats.filings.filing import Held


@dataclass
class FoundRecords:
    """What was found for one core row. `ends_at` says, in a sentence, how far back it reaches."""

    ends_at: str
    records: list[Printed] = field(default_factory=list)


class Filings:
    """The files that lie on this machine, each opened once and only where asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._originals: dict[str, Original] = {}
        self._digests: dict[str, list[dict[str, str]]] = {}

    @cached_property
    def _held(self) -> dict[str, Held] | str:
        """Every filing by its id, or why they cannot be read."""
        from fleetstats.filings.catalogue import Catalogue

        settings = self._settings
        try:
            found = Catalogue.open(settings)
        except (FleetstatsError, OSError) as error:
            return shorten(str(error), 200)
        return {held.filing.id: held for held in found}

    def find(self, table: str, row: dict[str, Any], filing: dict[str, Any], column: str) -> FoundRecords:
        """The records behind `row` of the core table `table`, for its `column`.

        `filing` is the filing as the publication has it; bytes of another filing are never passed off as its own.
        """
        held = self._held.get(filing["filing"]) if isinstance(self._held, dict) else None
        why_not = None
        if isinstance(self._held, str):
            why_not = f"the files on this machine cannot be read ({self._held})"
        elif held is None:
            why_not = "the filing is not on this machine"
        elif (filing["original_sha256"] or filing["sha256"]) != (held.original_sha256 or held.sha256):
            why_not = "the file on this machine is another than was published from"
        elif table not in _readable(held):
            why_not = "nothing more is read of it"
        if held is None or why_not is not None:
            return FoundRecords(f"It ends at this row: {why_not}")
        if held.read_as == "original":
            return FoundRecords(
                f"Read again from the publisher's own file, {held.path.name}",
                list(source(held.filing.source).printed[table](self._read(held), row, column)),
            )
        records = list(self._of_digest(table, row, held, column))
        where = f" {records[0].record}" if records else ""
        if held.read_as != "digest":
            return FoundRecords(f"It ends at record{where} of the transcription, {held.path.name}", records)
        return FoundRecords(
            f"It ends at record{where} of the digest; the publisher's file has sha256 {held.original_sha256}",
            records,
        )

    def _of_digest(self, table: str, row: dict[str, Any], held: Held, column: str) -> Iterable[Printed]:
        import csv

        rows = source(held.filing.source).in_digest[table]
        wanted = {name: "" if row[name] is None else str(row[name]) for name in rows.key}
        name = rows.columns.get(column, column)
        if held.filing.id not in self._digests:
            with held.path.open(encoding="utf-8-sig", newline="") as file:
                self._digests[held.filing.id] = list(csv.DictReader(file, strict=True))
        for number, cells in enumerate(self._digests[held.filing.id], start=2):
            if cells["table"] == rows.called and all(cells[k].strip() == v for k, v in wanted.items()):
                text = (cells.get(name) or "").strip()
                yield Printed(number, name, text, Decimal(text) if text else None)

    def _read(self, held: Held) -> Original:
        """An original as its reader makes it, read once."""
        key = held.filing.id
        if key not in self._originals:
            from fleetstats.sources.reviewed import Reviewed

            context = Reviewed.open(self._settings).context(held)
            staged = source(held.filing.source).read(context)
            self._originals[key] = Original(staged, held.path, context.name)
        return self._originals[key]


def _readable(held: Held) -> Collection[str]:
    """The core tables whose rows can be found in the bytes that are read of a filing."""
    descriptor = source(held.filing.source)
    return descriptor.printed if held.read_as == "original" else descriptor.in_digest
