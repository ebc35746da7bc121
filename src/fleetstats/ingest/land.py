"""Adding a publisher's file: read it, compare it with the editions held, and land it under the user's home.

Nothing is written before the file has been read to its end, and the folder appears in one step.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from fleetstats.core.csv_tables import append_lines
from fleetstats.core.errors import BadInput
from fleetstats.core.files import FileHashes, hash_file
from fleetstats.core.folders import appearing
from fleetstats.core.settings import Settings
from fleetstats.filings.catalogue import Catalogue
from fleetstats.filings.chains import next_amendment, superseded
from fleetstats.filings.filing import EDITION, FILING_FILE, Filing, Held, write_filing
from fleetstats.filings.restatements import REVIEWED_COLUMNS, REVIEWED_FILE
from fleetstats.ingest.compare import compare, previous_edition, same_figures, say_counts, unlike_in_size
from fleetstats.ingest.describe import Offer, Place, as_held, learnt, refuse_undated
from fleetstats.ingest.identify import Identified, Told, identify, is_reviewed, reviewed_line
from fleetstats.ingest.neighbours import neighbours, refuse_lost_or_doubled, refuse_out_of_order
from fleetstats.ingest.plausible import implausible
from fleetstats.ingest.stage import stage
from fleetstats.sources import registry
from fleetstats.sources.damage import cause_of
from fleetstats.sources.recognition import Known
from fleetstats.sources.reviewed import Reviewed
from fleetstats.sources.source import Source
from fleetstats.sources.staged import Staged


@dataclass
class Landed:
    """What `add` did, and what it found in the file."""

    status: Literal["landed", "already held", "would land"]
    filing: str
    folder: Path
    supersedes: str | None
    compared_with: str | None
    accepted: bool = True
    found: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def add(settings: Settings, offer: Offer, *, dry_run: bool = False) -> Landed:
    """Land a file as an edition of a source; an edition that exists with other bytes gains an amendment.

    What the file is, its bytes say: they have to allow what it is said to be, and decide where nothing is said. Bytes
    that differ from a held file only in record ends or a final newline are the same edition, and those with the same
    figures in another form are no amendment. Raises `BadInput` for a file that cannot be used, with the reviewed line
    to add where one is missing.
    """
    path = offer.path
    _check(offer)
    _check_told(offer)
    hashes = hash_file(path)
    catalogue, reviewed = Catalogue.open(settings), Reviewed.open(settings)
    read = _Reader(settings, reviewed)
    known = Known(reviewed.folders, lambda code: read.in_force(catalogue, code))
    told = Told(offer.source, offer.edition, hashes.sha256)
    found = _as_told(offer) if offer.transcribed else identify(path, told, known)
    source, edition = registry.source(found.source), found.edition
    _check_edition(edition, source)
    by_edition = catalogue.of(source.code)
    same = next((h for h in by_edition.values() if {hashes.sha256, hashes.sha256_lf} & set(h.hashes)), None)
    if same is not None and same.filing.edition != edition:
        if offer.edition is not None:
            raise BadInput(
                "the file is held under another edition",
                file=path,
                found=f"the bytes of {same.filing.id}",
                expected=f"a file that is new, or --edition {same.filing.edition}",
            )
        edition = same.filing.edition
    if same is not None and same.filing.status != "digest":
        return _held(same, found, [])
    supersedes = None if same is None else same.filing.supersedes
    if same is None and edition in by_edition:
        edition, supersedes = next_amendment(edition, by_edition)
        _refuse_waiting(by_edition[supersedes], offer)
    like = by_edition.get(supersedes or edition)
    held = as_held(settings, offer, Place(source, edition, supersedes, like), (found, same), hashes)
    filing = held.filing
    placed = neighbours(catalogue, held)
    staged = read(held)
    _refuse_rejected(staged, path, settings.landed / source.code, hashes)
    if same is None:
        refuse_undated(offer, found, filing)
    if same is None and like is not None and same_figures(staged, read(like)):
        return _held(like, found, [f"no figure differs from {like.filing.id}: a copy of it in another form"])
    refuse_out_of_order(filing, placed, source)
    replaced = placed.before.filing.edition if placed.before is not None else supersedes
    previous = (
        None if source.transcribed and not replaced else previous_edition(by_edition, edition, replaced)
    )
    if same is None:
        folders = reviewed.folders(source.code)
        refuse_lost_or_doubled(source, staged, held, placed, read, folders)
        follows = previous if previous is not None and previous.filing.edition != replaced else None
        _refuse_implausible(source, (staged, held), follows, read, catalogue, folders)
    landed = Landed(
        "would land" if dry_run else "landed",
        filing.id,
        held.folder,
        f"{source.code}/{replaced}" if replaced else None,
        previous.filing.id if previous else None,
        filing.accepted,
        found=[*_recognised(offer, found, filing), say_counts(staged)],
        warnings=staged.warnings,
    )
    if previous is not None:
        before = read(previous)
        landed.found += compare(source, staged, before, previous)
        landed.warnings += unlike_in_size(source, staged, before, previous)
    if not dry_run:
        written = filing.model_copy(update=learnt(source, staged))
        _write(held.folder, path, catalogue.as_written(written))
    return landed


def _as_told(offer: Offer) -> Identified:
    """What a transcription is, which only the person who adds it knows; its rows are checked one by one."""
    if offer.source is None or offer.edition is None:
        raise BadInput(
            "a transcription without its source and edition",
            file=offer.path,
            column="SOURCE, --edition",
            expected="both, since a person's table does not tell them",
            todo="fleetstats add SOURCE FILE --edition EDITION --transcribed",
        )
    source = registry.source(offer.source)
    if not (source.transcribable or source.transcribed):
        raise BadInput(
            "a source without a form for transcriptions",
            file=offer.path,
            column="--transcribed",
            found=offer.source,
            expected="one of the DMV's, or of transcribed figures",
            todo="add the publisher's own file",
        )
    return Identified(offer.source, offer.edition, None)


class _Reader:
    """Reads filings as they are asked for, each once.

    Those that are held come from the cache of a build and go into it, and so are looked at as a build would; the new
    one has been identified.
    """

    def __init__(self, settings: Settings, reviewed: Reviewed) -> None:
        self._cache = settings.cache
        self._reviewed = reviewed
        self._read: dict[str, Staged] = {}

    def __call__(self, held: Held) -> Staged:
        key = f"{held.filing.id} {held.sha256}"
        if key not in self._read:
            is_new = not (held.folder / FILING_FILE).exists()
            cache = None if is_new else self._cache
            [self._read[key]] = stage([held], self._reviewed, cache, identified=is_new)
        return self._read[key]

    def in_force(self, catalogue: Catalogue, code: str) -> dict[str, Staged]:
        """What the editions of a source in force hold."""
        there = catalogue.of(code)
        gone = superseded(there.values())
        return {e: self(h) for e, h in there.items() if h.filing.accepted and h.filing.id not in gone}


def _refuse_implausible(
    source: Source,
    new: tuple[Staged, Held],
    follows: Held | None,
    read: _Reader,
    catalogue: Catalogue,
    folders: tuple[Path, ...],
) -> None:
    """`BadInput` for figures that cannot be the edition's, unless a reviewed line says that they are."""
    staged, held = new
    told = Told(source.code, held.filing.edition, held.sha256)
    if is_reviewed(folders, told, held.filing.edition):
        return
    others = {} if source.figures_of is None else read.in_force(catalogue, source.code)
    before = None if follows is None else read(follows)
    why = implausible(source, staged, held.filing.edition, before, others)
    if why is not None:
        beside = "" if follows is None else f", as may follow {follows.filing.id}"
        raise BadInput(
            "figures that cannot be those of the edition",
            file=held.path,
            found=why,
            expected=f"figures of {held.filing.id}{beside}",
            todo=f"fetch the file again from its publisher; {reviewed_line(folders, told, held.filing.edition)}",
        )


def _held(same: Held, found: Identified, says: list[str]) -> Landed:
    was = same.filing
    seen = [] if found.seen is None else [f"recognised: {found.seen.says}"]
    return Landed("already held", was.id, same.folder, was.supersedes, None, was.accepted, found=seen + says)


def _recognised(offer: Offer, found: Identified, filing: Filing) -> list[str]:
    says = [] if found.seen is None else [f"recognised: {found.seen.says}"]
    if filing.issued_on_estimated and offer.issued_on is None:
        seen = filing.issued_on == offer.retrieved_on
        why = "the day it was first seen" if seen else "as is usual of such an edition"
        says.append(f"issued on {filing.issued_on}, {why}; --issued-on DAY says it better")
    return says


def accept(
    settings: Settings, source: str, edition: str, review: tuple[str, date] | None = None
) -> list[str]:
    """Put an edition that waits into force, and those it supersedes; returns the filings that had waited.

    A `review`, a reason and its day, becomes the line of each that lets its figures move by more than is declared.
    Raises `BadInput` if there is no such edition.
    """
    registry.source(source)
    catalogue = Catalogue.open(settings)
    held = catalogue.of(source)
    if edition not in held:
        waiting = sorted(e for e, h in held.items() if not h.filing.accepted)
        raise BadInput(
            "there is no such edition",
            column="edition",
            found=f"{source}/{edition}",
            expected=f"one that waits to be accepted: {', '.join(waiting) or 'none does'}",
        )
    chain = [held[edition]]
    while chain[-1].filing.supersedes:
        chain.append(held[chain[-1].filing.supersedes])
    # The first of the chain first: an accepted filing supersedes accepted ones only, also after a crash
    waited = [h for h in reversed(chain) if not h.filing.accepted]
    for one in waited:
        accepted = one.filing.model_copy(update={"accepted": True})
        write_filing(one.folder, catalogue.as_written(accepted))
    if review is not None:
        lines = [(h.filing.id, *review) for h in waited]
        append_lines(settings.landed / source / REVIEWED_FILE, REVIEWED_COLUMNS, lines)
    return [h.filing.id for h in waited]


def _refuse_waiting(last: Held, offer: Offer) -> None:
    if offer.accept_amendment and not last.filing.accepted:
        raise BadInput(
            "an amendment of this edition waits to be accepted",
            file=last.folder,
            expected="every amendment in turn to be accepted, or removed",
            todo=f"fleetstats accept {last.filing.source} {last.filing.edition}, or remove its folder; "
            "then add the file again",
        )


def _check(offer: Offer) -> None:
    if not offer.path.is_file():
        problem = "not a file that can be read" if offer.path.exists() else "there is no such file"
        raise BadInput(problem, file=offer.path, todo="give the path of the publisher's file")
    if offer.path.stat().st_size == 0:
        raise BadInput(
            "an empty file",
            file=offer.path,
            found="0 bytes",
            expected="a file with a header and records",
            todo="fetch it again from its publisher",
        )


def _check_told(offer: Offer) -> None:
    """The source and the edition that were told have to be ones that there are."""
    if offer.source is not None:
        source = registry.source(offer.source)
        if offer.edition is not None:
            _check_edition(offer.edition, source)


def _check_edition(edition: str, source: Source) -> None:
    if EDITION.fullmatch(edition) is None:
        raise BadInput(
            "not the name of an edition",
            column="--edition",
            found=edition,
            expected="small letters, digits and hyphens, such as 2023-driverless",
        )
    if source.parse_edition is not None:
        try:
            source.parse_edition(edition)
        except ValueError as error:
            raise BadInput(
                "not an edition of this source", column="--edition", found=edition, expected=str(error)
            ) from error


def _refuse_rejected(staged: Staged, path: Path, folder: Path, hashes: FileHashes) -> None:
    bad = [row for row in staged.rejected if not row.expected]
    if not bad:
        return
    cause = cause_of(bad, str(path))
    if cause is not None:
        raise cause
    shown = "\n".join(f"    record {row.record}: {row.reason}" for row in bad[:5])
    more = f"\n    … and {len(bad) - 5:,} more" if len(bad) > 5 else ""
    raise BadInput(
        f"{len(bad):,} of {staged.records_read:,} records cannot be read; nothing was landed\n{shown}{more}",
        file=path,
        record=bad[0].record,
        expected="records that can be read, or corrections that expect them",
        todo=f"for each, add an entry to {folder / 'corrections.yml'} with original {hashes.sha256}, "
        "action override or drop, and the printed value as expect; then add the file again",
    )


def _write(folder: Path, path: Path, filing: Filing) -> None:
    with appearing(folder) as partial:
        shutil.copyfile(path, partial / filing.file)
        if hash_file(partial / filing.file).sha256 != filing.sha256:
            raise BadInput("the file changed while it was read", file=path, todo="add it again")
        write_filing(partial, filing)
        if folder.exists() and not (folder / FILING_FILE).exists():
            shutil.rmtree(folder)
