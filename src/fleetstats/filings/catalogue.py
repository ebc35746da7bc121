"""Filings: the catalogue of editions, their bytes, and which of them a vintage reads.

A folder `<source>/<edition>/` holds one file and its `filing.yml`. Packaged folders are read-only; those of
the user lie under `FLEETSTATS_HOME/landed`. The repository ships digests (the figures of files that are not
ours to ship); where a digest's original is present, by its sha256, it is read in the digest's place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fleetstats.core.errors import BadInput, ConfigurationError
from fleetstats.core.files import FileHashes
from fleetstats.core.hash_cache import HashCache
from fleetstats.core.settings import added_folders
from fleetstats.filings.chains import chained, check_chains, load_chains, without_chain
from fleetstats.filings.filing import Filing, Held, read_filing

if TYPE_CHECKING:
    from fleetstats.core.settings import Settings


@dataclass(frozen=True)
class Catalogue:
    """The filings that are held, each with the bytes to read for it, in the order of their ids.

    `chains` are those of `chains.load_chains`.
    """

    held: tuple[Held, ...]
    chains: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def open(cls, settings: Settings, *, remember: bool = False, hash_again: bool = False) -> Catalogue:
        """The filings that these settings lead to, each checked against its sha256.

        Hashes come from the cache where a file's size and time are as they were; `remember` keeps the new ones for
        the next time, `hash_again` reads every file. Raises as `load_catalogue`.
        """
        hashes = HashCache(None if hash_again else settings.cache / "file-hashes.json")
        held = load_catalogue(settings.raw, settings.landed, settings.originals, hashes)
        if remember:
            hashes.save()
        return cls(tuple(held), chains_of(settings.raw, settings.landed, held))

    def with_one(self, new: Held) -> Catalogue:
        """The same filings with a new one, or one in the place of that of its name, each in its place in time."""
        held = [h for h in self.held if h.filing.id != new.filing.id]
        return Catalogue(tuple(chained([*held, new], self.chains)), self.chains)

    def as_written(self, filing: Filing) -> Filing:
        """A filing as its filing.yml says it: what a chain gives is not written down."""
        return without_chain(filing, self.chains)

    def __iter__(self) -> Iterator[Held]:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)

    def of(self, source: str) -> dict[str, Held]:
        """The filings of one source, by edition."""
        return {held.filing.edition: held for held in self.held if held.filing.source == source}


def filing_folders(*roots: Path) -> list[Path]:
    """All folders `<source>/<edition>` below these roots, in order."""
    return sorted(
        (
            edition
            for root in roots
            if root.is_dir()
            for source in root.iterdir()
            if source.is_dir() and not source.name.startswith(".")
            for edition in source.iterdir()
            if edition.is_dir() and not edition.name.startswith(".")
        ),
        key=lambda folder: (folder.parent.name, folder.name, str(folder)),
    )


def index_originals(folder: Path | None, cache: HashCache, largest: int) -> dict[str, Path]:
    """Where below `folder` the bytes of which hash lie; both hashes of a file lead to it.

    Files over twice the size of the largest original sought are passed over.
    """
    index: dict[str, Path] = {}
    if folder is None:
        return index
    if not folder.is_dir():
        raise ConfigurationError(
            f"FLEETSTATS_ORIGINALS is not a folder: {folder}\n"
            "  to do:    set it to the folder that holds the publishers' files, or unset it"
        )
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(parent, name)
            if path.is_file() and 0 < path.stat().st_size <= 2 * largest:
                found = cache.hashes(path)
                index.setdefault(found.sha256, path)
                index.setdefault(found.sha256_lf, path)
    return index


def load_catalogue(packaged: Path, landed: Path, originals: Path | None, cache: HashCache) -> list[Held]:
    """Every filing with the bytes to read for it, checked against its sha256.

    Raises `BadInput` where a file is missing or its bytes are not those that filing.yml names, and where
    an amendment supersedes a filing that does not exist.
    """
    own: dict[str, tuple[Filing, Path]] = {}
    for folder in filing_folders(packaged, *(data / "raw" for data in added_folders("data"))):
        filing = read_filing(folder)
        own[filing.id] = (filing, folder)
    user: dict[str, tuple[Filing, Path]] = {}
    for folder in filing_folders(landed):
        filing = read_filing(folder)
        user[filing.id] = (filing, folder)
    digests = [f.original for f, _ in own.values() if f.original is not None]
    index = index_originals(originals, cache, max((o.size for o in digests), default=0))
    held = []
    for key in sorted(own.keys() | user.keys()):
        filing, folder = user.get(key) or own[key]
        found = _verified(filing, folder, cache)
        if filing.status == "digest" and filing.original is not None:
            path = index.get(filing.original.sha256) or index.get(filing.original.sha256_lf)
            if path is not None:
                original = filing.original
                held.append(
                    Held(
                        filing,
                        folder,
                        path,
                        cache.hashes(path).sha256,
                        "original",
                        (original.sha256, original.sha256_lf),
                    )
                )
                continue
        read_as: Literal["original", "digest", "transcribed"] = (
            "digest"
            if filing.status == "digest"
            else "transcribed"
            if filing.status == "transcribed"
            else "original"
        )
        made_from = own[key][0].original if key in own else None
        if made_from is not None and made_from.sha256_lf in (filing.sha256_lf, found.sha256_lf):
            # The original of a digest, or a copy of it with other record ends
            hashes = (made_from.sha256, made_from.sha256_lf)
        elif filing.original is not None:
            hashes = (filing.original.sha256, filing.original.sha256_lf)
        else:
            hashes = (found.sha256, found.sha256_lf)
        held.append(Held(filing, folder, folder / filing.file, found.sha256, read_as, hashes))
    held = chained(held, chains_of(packaged, landed, held))
    check_chains(held)
    return held


def chains_of(packaged: Path, landed: Path, held: Iterable[Held]) -> dict[str, dict[str, str]]:
    """The chains of the sources of these filings, packaged and the user's own."""
    raw = (packaged, *(data / "raw" for data in added_folders("data")), landed)
    return load_chains(raw, {h.filing.source for h in held})


def _verified(filing: Filing, folder: Path, cache: HashCache) -> FileHashes:
    path = folder / filing.file
    if not path.is_file():
        raise BadInput(
            "the file of a filing is missing",
            file=path,
            expected=f"{filing.size:,} bytes with sha256 {filing.sha256}",
            todo="put it back, or remove the filing's folder",
        )
    found = cache.hashes(path)
    if found.sha256 != filing.sha256:
        raise BadInput(
            "a wrong checksum: the bytes are not those of the filing",
            file=path,
            found=f"sha256 {found.sha256}, {found.size:,} bytes",
            expected=f"sha256 {filing.sha256}, {filing.size:,} bytes (filing.yml)",
            todo="put the file back as it was; if the publisher changed it, use fleetstats add",
        )
    return found
