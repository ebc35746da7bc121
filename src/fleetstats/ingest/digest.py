"""Making digests: the figures of publishers' files, which are shipped where the files themselves are not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fleetstats.core.errors import BadInput
from fleetstats.core.files import hash_file, write_atomically
from fleetstats.core.settings import Settings
from fleetstats.filings.catalogue import Catalogue
from fleetstats.filings.corrections import corrections_sha256
from fleetstats.filings.filing import FILING_FILE, Filing, Held, Original, read_filing, write_filing
from fleetstats.sources import registry
from fleetstats.sources.reviewed import Reviewed

DIGEST_FILE = "digest.csv"


@dataclass(frozen=True)
class Digested:
    """What became of one edition's digest."""

    filing: str
    status: Literal["written", "unchanged", "would be written"]
    path: Path


def make_digests(
    settings: Settings,
    source: str | None = None,
    edition: str | None = None,
    *,
    output: Path | None = None,
    dry_run: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Digested]:
    """Write the digest of every original that is present, into `output` (default: the packaged filings).

    Raises `BadInput` where no original is present, and for a file with records that cannot be read.
    """
    if source is not None:
        registry.source(source)
    reviewed = Reviewed.open(settings)
    catalogue = Catalogue.open(settings, remember=True)
    originals = [
        h
        for h in catalogue
        if h.read_as == "original"
        and registry.source(h.filing.source).digest is not None
        and source in (None, h.filing.source)
        and edition in (None, h.filing.edition)
    ]
    if not originals:
        raise BadInput(
            "there is no publisher's file to make a digest of",
            found=f"none of {source or 'any source'}, edition {edition or 'any'}",
            expected="a file in landed/ or below FLEETSTATS_ORIGINALS",
            todo="set FLEETSTATS_ORIGINALS to the folder of the publishers' files, or use fleetstats add",
        )
    done = []
    for held in originals:
        progress(held.filing.id)
        code = held.filing.source
        folder = output / code if output else registry.packaged_folder(code, settings.raw)
        folder /= held.filing.edition
        content, filing = _digest(held, reviewed)
        filing = catalogue.as_written(filing)
        same = (folder / FILING_FILE).exists() and read_filing(folder) == filing
        if not same and not dry_run:
            write_atomically(folder / DIGEST_FILE, content)
            write_filing(folder, filing)
        status: Literal["written", "unchanged", "would be written"] = (
            "unchanged" if same else "would be written" if dry_run else "written"
        )
        done.append(Digested(held.filing.id, status, folder / DIGEST_FILE))
    return done


def _digest(held: Held, reviewed: Reviewed) -> tuple[bytes, Filing]:
    context = reviewed.context(held)
    source = registry.source(held.filing.source)
    if source.digest is None:
        raise AssertionError(f"{source.code} makes no digests")
    staged = source.read(context)
    unread = [row for row in staged.rejected if not row.expected]
    if unread:
        raise BadInput(
            f"{len(unread):,} records cannot be read",
            file=context.name,
            record=unread[0].record,
            found=unread[0].reason,
            expected="records that can be read, or corrections that expect them",
        )
    content = source.digest(staged)
    filing = held.filing
    if filing.original is not None:
        original = filing.original.model_copy(update={"columns": staged.observed["columns"]})
    else:
        hashes = hash_file(held.path)
        original = Original(
            file=held.path.name,
            sha256=hashes.sha256,
            sha256_lf=hashes.sha256_lf,
            size=hashes.size,
            columns=staged.observed["columns"],
        )
    kept = [note for note in filing.notes if not note.startswith(source.notes_of_file)]
    return content, filing.model_copy(
        update={
            "file": DIGEST_FILE,
            "status": "digest",
            "sha256": hashlib.sha256(content).hexdigest(),
            "sha256_lf": None,
            "size": len(content),
            "original": original,
            "columns": [],
            "corrections_sha256": corrections_sha256(context.corrections),
            "notes": kept + staged.notes,
        }
    )
