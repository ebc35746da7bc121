"""Adding a publisher's file: read it, compare it with the editions held, and land it under the user's home.

Nothing is written before the file has been read to its end, and the folder appears in one step.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple

from fleetstats.core.errors import BadInput
from fleetstats.core.files import FileHashes, hash_file
from fleetstats.core.folders import appearing
from fleetstats.core.periods import Period
from fleetstats.core.settings import Settings
from fleetstats.core.yaml_files import load_yaml
from fleetstats.filings.catalogue import Catalogue
from fleetstats.filings.chains import next_amendment
from fleetstats.filings.filing import EDITION, FILING_FILE, Filing, Held, write_filing
from fleetstats.ingest.compare import compare, previous_edition, say_counts, unlike_in_size
from fleetstats.sources import registry
from fleetstats.sources.reviewed import Reviewed
from fleetstats.sources.source import Source
from fleetstats.sources.staged import Staged


@dataclass(frozen=True)
class Offer:
    """A file as the person who adds it describes it.

    Without `accept_amendment`, other bytes for a held edition are kept, but wait for `accept`.
    """

    source: str
    path: Path
    edition: str
    issued_on: date | None
    retrieved_on: date
    url: str | None = None
    issued_on_estimated: bool = False
    accept_amendment: bool = True


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

    Bytes that differ from a held file only in record ends or a final newline are the same edition. Raises
    `BadInput` for a file that cannot be used, with the reviewed line to add where one is missing.
    """
    source, path = registry.source(offer.source), offer.path
    _check(offer, source)
    hashes = hash_file(path)
    by_edition = Catalogue.open(settings).of(source.code)
    catalogue = list(by_edition.values())
    same = next((h for h in catalogue if {hashes.sha256, hashes.sha256_lf} & set(h.hashes)), None)
    if same is not None and same.filing.edition != offer.edition:
        raise BadInput(
            "the file is held under another edition",
            file=path,
            found=f"the bytes of {same.filing.id}",
            expected=f"a file that is new, or --edition {same.filing.edition}",
        )
    if same is not None and same.filing.status != "digest":
        was = same.filing
        return Landed("already held", was.id, same.folder, was.supersedes, None, was.accepted)
    edition, supersedes = offer.edition, None if same is None else same.filing.supersedes
    if same is None and edition in by_edition:
        edition, supersedes = next_amendment(edition, by_edition)
        _refuse_waiting(by_edition[supersedes], offer)
    elif same is None:
        supersedes = _replaced(offer, source, by_edition)
    _refuse_early(by_edition.get(supersedes or ""), offer)
    place = _Place(source, edition, supersedes, by_edition.get(supersedes or edition))
    filing = _describe(settings, offer, place, hashes)
    if same is None and supersedes and not offer.accept_amendment:
        filing = filing.model_copy(update={"accepted": False})
    folder = settings.landed / source.code / edition
    held = Held(
        filing,
        folder,
        path,
        hashes.sha256,
        "transcribed" if filing.status == "transcribed" else "original",
        same.hashes if same is not None else (hashes.sha256, hashes.sha256_lf),
    )
    reviewed = Reviewed.open(settings)
    staged = source.read(reviewed.context(held))
    _refuse_rejected(staged, path, settings.landed / source.code, hashes)
    previous = previous_edition(catalogue, edition, supersedes)
    landed = Landed(
        "would land" if dry_run else "landed",
        filing.id,
        folder,
        f"{source.code}/{supersedes}" if supersedes else None,
        previous.filing.id if previous else None,
        filing.accepted,
        found=[say_counts(staged)],
        warnings=staged.warnings,
    )
    if previous is not None:
        before = source.read(reviewed.context(previous))
        landed.found += compare(source, staged, before, previous)
        landed.warnings += unlike_in_size(source, staged, before, previous)
    if not dry_run:
        _write(folder, path, filing.model_copy(update=_learnt(source, staged)))
    return landed


def accept(settings: Settings, source: str, edition: str) -> list[str]:
    """Put an edition that waits into force, and those it supersedes; returns the filings that had waited.

    Raises `BadInput` if there is no such edition.
    """
    registry.source(source)
    held = Catalogue.open(settings).of(source)
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
        write_filing(one.folder, one.filing.model_copy(update={"accepted": True}))
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


def _refuse_early(before: Held | None, offer: Offer) -> None:
    """A filing cannot have been issued before the one that it replaces."""
    if before is None or offer.issued_on is None or before.filing.issued_on == "by_row":
        return
    if offer.issued_on < before.filing.issued_on:
        raise BadInput(
            "a filing was issued before the one it supersedes",
            column="--issued-on",
            found=f"{offer.issued_on}, and {before.filing.id} on {before.filing.issued_on}",
            expected=f"{before.filing.issued_on} or later",
            todo="give the day on which these bytes were first seen",
        )


def _check(offer: Offer, source: Source) -> None:
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
    if EDITION.fullmatch(offer.edition) is None:
        raise BadInput(
            "not the name of an edition",
            column="--edition",
            found=offer.edition,
            expected="small letters, digits and hyphens, such as 2023-driverless",
        )
    if source.parse_edition is not None:
        try:
            source.parse_edition(offer.edition)
        except ValueError as error:
            raise BadInput(
                "not an edition of this source", column="--edition", found=offer.edition, expected=str(error)
            ) from error
    if offer.issued_on is None and not source.transcribed:
        raise BadInput(
            "the day of issue is missing",
            column="--issued-on",
            expected="the day the publisher issued it, such as 2024-02-02; of an amendment the day it was "
            "first seen",
        )


def _replaced(offer: Offer, source: Source, editions: Iterable[str]) -> str | None:
    """The edition that a new one replaces, for sources whose every edition does."""
    if source.replaces is None:
        return None
    try:
        return source.replaces(offer.edition, editions)
    except ValueError as error:
        raise BadInput(
            "an edition that comes too late to be put before those that are held",
            column="--edition",
            found=offer.edition,
            expected=str(error),
            todo="an earlier edition needs a filing.yml of its own, and its successor's supersedes changed",
        ) from error


class _Place(NamedTuple):
    """Where a file stands among the editions of its source; `like` is the edition before, if there is one."""

    source: Source
    edition: str
    supersedes: str | None
    like: Held | None


def _describe(settings: Settings, offer: Offer, place: _Place, hashes: FileHashes) -> Filing:
    """The filing.yml of a file: what is known of its edition, else of its source."""
    source, edition, supersedes, like = place
    path = registry.packaged_folder(source.code, settings.raw) / "source.yml"
    declared: dict[str, Any] = load_yaml(path)
    # Without it the rows tell the period, once they have been read
    period = Period(offer.retrieved_on, offer.retrieved_on)
    if source.parse_edition is not None:
        period = source.parse_edition(edition)
    base: dict[str, Any] = {
        "publisher": declared["publisher"],
        "title": f"{declared['title_en']}, {edition}",
        "url": declared["homepage"],
        "licence": declared["licence"],
        "period_start": period.start,
        "period_end": period.end,
    }
    if like is not None:
        base |= {key: getattr(like.filing, key) for key in base}
    if offer.url:
        base["url"] = offer.url
    return Filing(
        **base,
        source=source.code,
        edition=edition,
        file=offer.path.name,
        issued_on=offer.issued_on or "by_row",
        issued_on_estimated=offer.issued_on_estimated,
        retrieved_on=offer.retrieved_on,
        status="transcribed" if source.transcribed else "amended" if supersedes else "original",
        supersedes=supersedes,
        sha256=hashes.sha256,
        sha256_lf=hashes.sha256_lf,
        size=hashes.size,
    )


def _learnt(source: Source, staged: Staged) -> dict[str, Any]:
    """What only the file itself could tell of its filing."""
    if source.parse_edition is not None:
        return {"columns": staged.observed.get("columns", [])}
    rows = staged.tables["published_figure"].to_pylist()
    return {
        "period_start": min(row["period_start"] or row["as_of"] for row in rows),
        "period_end": max(row["as_of"] or row["period_end"] for row in rows),
    }


def _refuse_rejected(staged: Staged, path: Path, folder: Path, hashes: FileHashes) -> None:
    bad = [row for row in staged.rejected if not row.expected]
    if not bad:
        return
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
