"""Adding a publisher's file: read it, compare it with the editions held, and land it under the user's home.

Nothing is written before the file has been read to its end, and the folder appears in one step.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import yaml

from fleetstats.core.errors import BadInput
from fleetstats.core.files import FileHashes, HashCache, hash_file
from fleetstats.core.folders import appearing
from fleetstats.core.periods import Period
from fleetstats.core.settings import Settings
from fleetstats.filings.catalogue import load_catalogue
from fleetstats.filings.chains import next_amendment
from fleetstats.filings.filing import EDITION, FILING_FILE, Filing, Held, write_filing
from fleetstats.sources.registry import reader
from fleetstats.sources.reviewed import Reviewed
from fleetstats.sources.staged import Staged

_TRANSCRIBED = ("bjrt_mileage", "market_figures", "robotaxi_orders")
"""Sources whose filings are transcriptions, every row with a date and a citation of its own."""
_SIZE_CHANGE = 0.25
"""From one edition to the next, a larger change of the number of rows is a warning."""


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
    source, path = offer.source, offer.path
    reader(source)
    _check(offer)
    hashes = hash_file(path)
    cache = HashCache(settings.cache / "hashes.json")
    catalogue = [
        h
        for h in load_catalogue(settings.raw, settings.landed, settings.originals, cache)
        if h.filing.source == source
    ]
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
    by_edition = {h.filing.edition: h for h in catalogue}
    edition, supersedes = offer.edition, None if same is None else same.filing.supersedes
    if same is None and edition in by_edition:
        edition, supersedes = next_amendment(edition, by_edition)
        _refuse_waiting(by_edition[supersedes], offer)
    elif same is None:
        supersedes = _replaced(offer, by_edition)
    _refuse_early(by_edition.get(supersedes or ""), offer)
    filing = _describe(settings, offer, edition, supersedes, hashes, by_edition.get(supersedes or edition))
    if same is None and supersedes and not offer.accept_amendment:
        filing = filing.model_copy(update={"accepted": False})
    folder = settings.landed / source / edition
    held = Held(
        filing,
        folder,
        path,
        hashes.sha256,
        "transcribed" if filing.status == "transcribed" else "original",
        same.hashes if same is not None else (hashes.sha256, hashes.sha256_lf),
    )
    reviewed = Reviewed(settings.data, settings.landed)
    staged: Staged = reader(source).read(reviewed.context(held))
    _refuse_rejected(staged, path, settings.landed / source, hashes)
    previous = _previous(catalogue, edition, supersedes)
    landed = Landed(
        "would land" if dry_run else "landed",
        filing.id,
        folder,
        f"{source}/{supersedes}" if supersedes else None,
        previous.filing.id if previous else None,
        filing.accepted,
        found=[_counts(staged)],
        warnings=staged.warnings,
    )
    if previous is not None:
        before: Staged = reader(source).read(reviewed.context(previous))
        landed.found += _compare(staged, before, previous)
        landed.warnings += _unlike_in_size(staged, before, previous)
    if not dry_run:
        _write(folder, path, filing.model_copy(update=_learnt(staged)))
    return landed


def accept(settings: Settings, source: str, edition: str) -> list[str]:
    """Put an edition that waits into force, and those it supersedes; returns the filings that had waited.

    Raises `BadInput` if there is no such edition.
    """
    reader(source)
    cache = HashCache(settings.cache / "hashes.json")
    catalogue = load_catalogue(settings.raw, settings.landed, settings.originals, cache)
    held = {h.filing.edition: h for h in catalogue if h.filing.source == source}
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
    if EDITION.fullmatch(offer.edition) is None:
        raise BadInput(
            "not the name of an edition",
            column="--edition",
            found=offer.edition,
            expected="small letters, digits and hyphens, such as 2023-driverless",
        )
    if offer.source in _TRANSCRIBED:
        return
    try:
        _period_of(offer.source, offer.edition)
    except ValueError as error:
        raise BadInput(
            "not an edition of this source", column="--edition", found=offer.edition, expected=str(error)
        ) from error
    if offer.issued_on is None:
        raise BadInput(
            "the day of issue is missing",
            column="--issued-on",
            expected="the day the publisher issued it, such as 2024-02-02; of an amendment the day it was "
            "first seen",
        )


def _period_of(source: str, edition: str) -> Period:
    """The period of an edition's name; `ValueError` if it is none of this source."""
    period: Period = reader(source).parse_edition(edition)
    return period


def _replaced(offer: Offer, editions: Iterable[str]) -> str | None:
    """The edition that a new one replaces, for sources whose every edition does."""
    module = reader(offer.source)
    if not hasattr(module, "replaces"):
        return None
    try:
        before: str | None = module.replaces(offer.edition, editions)
    except ValueError as error:
        raise BadInput(
            "an edition that comes too late to be put before those that are held",
            column="--edition",
            found=offer.edition,
            expected=str(error),
            todo="an earlier edition needs a filing.yml of its own, and its successor's supersedes changed",
        ) from error
    return before


def _describe(
    settings: Settings,
    offer: Offer,
    edition: str,
    supersedes: str | None,
    hashes: FileHashes,
    like: Held | None,
) -> Filing:
    """The filing.yml of a file: what is known of its edition, else of its source."""
    declared: dict[str, Any] = yaml.safe_load(
        (settings.raw / offer.source / "source.yml").read_text(encoding="utf-8")
    )
    transcribed = offer.source in _TRANSCRIBED
    # Of a transcription the rows tell the period, once they have been read
    period = (
        Period(offer.retrieved_on, offer.retrieved_on) if transcribed else _period_of(offer.source, edition)
    )
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
        source=offer.source,
        edition=edition,
        file=offer.path.name,
        issued_on=offer.issued_on or "by_row",
        issued_on_estimated=offer.issued_on_estimated,
        retrieved_on=offer.retrieved_on,
        status="transcribed" if transcribed else "amended" if supersedes else "original",
        supersedes=supersedes,
        sha256=hashes.sha256,
        sha256_lf=hashes.sha256_lf,
        size=hashes.size,
    )


def _learnt(staged: Staged) -> dict[str, Any]:
    """What only the file itself could tell of its filing."""
    if "published_figure" not in staged.tables:
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


def _previous(catalogue: list[Held], edition: str, supersedes: str | None) -> Held | None:
    """The edition to compare with: the one superseded, else the latest other one of the same kind."""
    kind = edition[4:] if edition[:4].isdigit() else ""
    kind = kind.split("-amended")[0]
    for held in catalogue:
        if held.filing.edition in (supersedes, edition):
            return held
    alike = [
        h
        for h in catalogue
        if h.filing.accepted
        and h.filing.edition[4:].split("-amended")[0] == kind
        and h.filing.edition < edition
    ]
    return max(alike, key=lambda h: h.filing.edition) if alike else None


def _counts(staged: Staged) -> str:
    return (
        f"records: {staged.records_read:,} read, {staged.records_loaded:,} loaded, "
        + (f"{staged.records_superseded:,} superseded, " if staged.records_superseded else "")
        + (f"{staged.records_dropped:,} dropped, " if staged.records_dropped else "")
        + f"{len(staged.rejected):,} rejected, {staged.records_blank:,} blank"
    )


def _compare(staged: Staged, before: Staged, previous: Held) -> list[str]:
    """What is new, gone or of another size against the edition before."""
    found = []
    module = reader(previous.filing.source)
    columns = _plain_columns(staged.observed.get("columns", []), module)
    known = before.observed.get("columns") or (
        previous.filing.original.columns if previous.filing.original else previous.filing.columns
    )
    if known:
        found += _difference("column", columns, _plain_columns(known, module))
    for name in ("permit", "operator"):
        found += _difference(name, _values(staged, name), _values(before, name))
    now, then = _size(staged), _size(before)
    if then:
        found.append(f"rows: {now:,}, against {then:,} in {previous.filing.id} ({(now - then) / then:+.0%})")
    return found


def _unlike_in_size(staged: Staged, before: Staged, previous: Held) -> list[str]:
    now, then = _size(staged), _size(before)
    if not then or abs(now - then) <= _SIZE_CHANGE * then:
        return []
    change = f"{(now - then) / then:+.0%}, more than {_SIZE_CHANGE:.0%}"
    return [f"another size: {now:,} rows, against {then:,} in {previous.filing.id} ({change})"]


def _plain_columns(columns: list[str], module: ModuleType) -> dict[str, str]:
    """Columns but the months', without case, and how they are printed."""
    is_month = getattr(module, "parse_month_header", lambda _: None)
    return {c.casefold(): c for c in columns if is_month(c) is None}


def _values(staged: Staged, column: str) -> dict[str, str]:
    return {
        value: value
        for table in staged.tables.values()
        if column in table.column_names
        for value in table[column].unique().to_pylist()
    }


def _difference(what: str, now: dict[str, str], then: dict[str, str]) -> list[str]:
    new = sorted(name for key, name in now.items() if key not in then)
    gone = sorted(name for key, name in then.items() if key not in now)
    return [f"{what}s {word}: {', '.join(names)}" for word, names in (("new", new), ("gone", gone)) if names]


def _size(staged: Staged) -> int:
    if "cadmv_mileage_filer" in staged.tables:
        return int(sum(staged.tables["cadmv_mileage_filer"]["rows"].to_pylist()))
    if "cadmv_event_count" in staged.tables:
        return int(sum(staged.tables["cadmv_event_count"]["events"].to_pylist()))
    if "record_hash" in staged.tables:
        return int(staged.tables["record_hash"].num_rows)
    return staged.records_loaded


def _write(folder: Path, path: Path, filing: Filing) -> None:
    with appearing(folder) as partial:
        shutil.copyfile(path, partial / filing.file)
        if hash_file(partial / filing.file).sha256 != filing.sha256:
            raise BadInput("the file changed while it was read", file=path, todo="add it again")
        write_filing(partial, filing)
        if folder.exists() and not (folder / FILING_FILE).exists():
            shutil.rmtree(folder)
