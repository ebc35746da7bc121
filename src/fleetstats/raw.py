"""Filings: the catalogue of editions, their bytes, and which of them a vintage reads.

A folder `<source>/<edition>/` holds one file and its `filing.yml`. Packaged folders are read-only; those of
the user lie under `FLEETSTATS_HOME/landed`. The repository ships digests (the figures of files that are not
ours to ship); where a digest's original is present, by its sha256, it is read in the digest's place.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from fleetstats.errors import BadInput, ConfigurationError, what_is_wrong
from fleetstats.yaml_files import load_yaml

FILING_FILE = "filing.yml"
EDITION = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")
_AMENDED = re.compile(r"(?P<first>.+)-amended-(?P<number>\d+)")
_CHUNK = 1 << 20

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Original(BaseModel):
    """The publisher's own file that a digest was made from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    sha256: Sha256
    sha256_lf: Sha256
    size: int = Field(gt=0)
    columns: list[str] = []


class Filing(BaseModel):
    """One `filing.yml`. `issued_on: by_row` stands for files whose every row has its own date.

    A filing that is not `accepted` is in the catalogue, but neither read nor in force: a person has to look
    at it first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    edition: Annotated[str, BeforeValidator(str), Field(pattern=f"^{EDITION.pattern}$")]
    file: Annotated[str, Field(pattern=r"^[^/\\]+$")]
    publisher: str
    title: str
    url: str | None
    licence: str
    period_start: date
    period_end: date
    issued_on: date | Literal["by_row"]
    issued_on_estimated: bool = False
    retrieved_on: date
    status: Literal["original", "amended", "transcribed", "digest"]
    supersedes: Annotated[str, BeforeValidator(str)] | None = None
    withdrawn_on: date | None = None
    sha256: Sha256
    sha256_lf: Sha256 | None = None
    size: int = Field(gt=0)
    original: Original | None = None
    corrections_sha256: Sha256 | None = None
    accepted: bool = True
    compiled_by: str | None = None
    columns: list[str] = []
    notes: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def _null_is_null(cls, values: Any) -> Any:
        # BeforeValidator(str) would turn a null edition to replace into the text "None"
        if isinstance(values, dict) and values.get("supersedes") is None:
            values = {k: v for k, v in values.items() if k != "supersedes"}
        return values

    @model_validator(mode="after")
    def _consistent(self) -> Filing:
        if self.period_end < self.period_start:
            raise ValueError("period_end lies before period_start")
        if (self.status == "digest") != (self.original is not None):
            raise ValueError("a digest names its original, and only a digest does")
        if self.withdrawn_on and self.issued_on != "by_row" and self.withdrawn_on < self.issued_on:
            raise ValueError("withdrawn_on lies before issued_on")
        return self

    @property
    def id(self) -> str:
        """source/edition."""
        return f"{self.source}/{self.edition}"


@dataclass(frozen=True)
class Held:
    """A filing and the bytes to read for it: its own file, or a digest's original found elsewhere.

    `hashes` are those under which corrections may address the publisher's file.
    """

    filing: Filing
    folder: Path
    path: Path
    sha256: str
    read_as: Literal["original", "digest", "transcribed"]
    hashes: tuple[str, ...]

    @property
    def status(self) -> str:
        """The filing's status, given what is read for it."""
        if self.read_as == "original" and self.filing.status == "digest":
            return "amended" if self.filing.supersedes else "original"
        return self.filing.status

    @property
    def original_sha256(self) -> str | None:
        """The publisher's file behind these bytes; a digest and its original give the same."""
        if self.filing.original is not None:
            return self.filing.original.sha256
        return self.filing.sha256 if self.read_as == "original" else None


@dataclass(frozen=True)
class FileHashes:
    """A file's sha256, and the same with LF record ends and no final newline: `sha256_lf` tells two copies
    apart only where they differ in more than that."""

    sha256: str
    sha256_lf: str
    size: int


def hash_file(path: Path) -> FileHashes:
    """Hash a file in one pass, in bounded memory."""
    exact, folded = hashlib.sha256(), hashlib.sha256()
    size, held = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            exact.update(chunk)
            size += len(chunk)
            chunk = held + chunk
            # A final CR could belong to a CRLF that the chunk's end cut; final newlines may be the file's
            kept = len(chunk.rstrip(b"\r\n"))
            folded.update(chunk[:kept].replace(b"\r\n", b"\n"))
            held = chunk[kept:]
    return FileHashes(exact.hexdigest(), folded.hexdigest(), size)


class HashCache:
    """Hashes of files by path, size and modification time, so that an unchanged night reads no file twice."""

    def __init__(self, path: Path | None) -> None:
        """Keep hashes in `path`; without one, read every file anew and keep nothing."""
        self._path = path
        self._known: dict[str, list[Any]] = {}
        self._changed = False
        if path is None:
            return
        try:
            self._known = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}

    def hashes(self, path: Path) -> FileHashes:
        """The file's hashes; computed only where size or time differ from when it was last read."""
        stat = path.stat()
        stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
        known = self._known.get(str(path))
        if known is None or known[:3] != stamp:
            found = hash_file(path)
            known = [*stamp, found.sha256, found.sha256_lf]
            self._known[str(path)] = known
            self._changed = True
        return FileHashes(known[3], known[4], known[0])

    def save(self) -> None:
        """Write what is new; a cache that cannot be written costs time, not the run."""
        if not self._changed or self._path is None:
            return
        try:
            write_atomically(self._path, json.dumps(self._known).encode())
        except OSError:
            return


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old one or the new one, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_filing(folder: Path) -> Filing:
    """The filing of a folder; `BadInput` names what is missing or wrong in its filing.yml."""
    path = folder / FILING_FILE
    try:
        values = load_yaml(path)
        filing = Filing.model_validate(values)
    except OSError as error:
        raise BadInput(
            "a filing without filing.yml",
            file=path,
            todo="add the file with fleetstats add, which writes filing.yml",
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise BadInput(
            "a filing.yml that cannot be used",
            file=path,
            found=what_is_wrong(error),
            expected="the keys that docs/filings.md describes",
            todo="mend the key that is named",
        ) from error
    if (folder.parent.name, folder.name) != (filing.source, filing.edition):
        raise BadInput(
            "a filing in the wrong folder",
            file=path,
            found=filing.id,
            expected=f"{folder.parent.name}/{folder.name}",
        )
    return filing


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
    for folder in filing_folders(packaged):
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
    _check_chains(held)
    return held


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


def _check_chains(held: Iterable[Held]) -> None:
    """Every filing supersedes at most one, is superseded by at most one, and no chain comes back to itself."""
    filings = {h.filing.id: h.filing for h in held}
    successor: dict[str, str] = {}
    for filing in filings.values():
        if not filing.supersedes:
            continue
        before = f"{filing.source}/{filing.supersedes}"

        def wrong(problem: str, expected: str, filing: Filing = filing) -> BadInput:
            return BadInput(
                problem,
                file=f"{filing.id}/{FILING_FILE}",
                column="supersedes",
                found=filing.supersedes,
                expected=expected,
                todo="mend supersedes in the filing's filing.yml",
            )

        if before not in filings:
            raise wrong("a filing supersedes one that does not exist", f"an edition of {filing.source}")
        if before in successor:
            raise wrong(
                "two filings supersede the same one",
                f"one that supersedes {successor[before]}, which came in between",
            )
        if filing.accepted and not filings[before].accepted:
            raise wrong(
                "a filing supersedes one that has not been accepted",
                f"{before} to be accepted first: fleetstats accept {filing.source} {filing.supersedes}",
            )
        was = filings[before].issued_on
        if filing.issued_on != "by_row" and was != "by_row" and filing.issued_on < was:
            raise BadInput(
                "a filing was issued before the one it supersedes",
                file=f"{filing.id}/{FILING_FILE}",
                column="issued_on",
                found=f"{filing.issued_on}, and {before} on {was}",
                expected=f"{was} or later",
                todo="mend issued_on, or supersedes, in the filing's filing.yml",
            )
        successor[before] = filing.id
    for first in successor:
        seen, current = {first}, first
        while current in successor:
            current = successor[current]
            if current in seen:
                raise BadInput(
                    "filings supersede each other in a circle",
                    file=f"{current}/{FILING_FILE}",
                    column="supersedes",
                    found=" < ".join(sorted(seen)),
                    expected="a chain that begins with an original",
                    todo="mend supersedes in one of their filing.yml",
                )
            seen.add(current)


def in_vintage(held: Iterable[Held], as_of: date | None) -> list[Held]:
    """The accepted filings that had been issued by `as_of` (all of them, if it is None); by-row filings are
    always in, and their rows are filtered by their own dates."""
    return [
        h
        for h in held
        if h.filing.accepted
        and (as_of is None or h.filing.issued_on == "by_row" or h.filing.issued_on <= as_of)
    ]


def superseded(held: Iterable[Held], as_of: date | None = None) -> set[str]:
    """The ids of those among these filings that are not in force: a filing that replaces them, at once or
    through others, has not been withdrawn by `as_of`, or they have been withdrawn themselves."""
    filings = {h.filing.id: h.filing for h in held}
    gone = {key for key, filing in filings.items() if _withdrawn(filing, as_of)}
    for key in filings.keys() - gone:
        for before in _predecessors(filings, key):
            gone.add(before)
    return gone


def _withdrawn(filing: Filing, as_of: date | None) -> bool:
    return filing.withdrawn_on is not None and (as_of is None or filing.withdrawn_on <= as_of)


def _predecessors(filings: dict[str, Filing], key: str) -> Iterator[str]:
    """The filings that one replaces, the nearest first; also the last, where its filing is not among these."""
    supersedes = filings[key].supersedes
    while supersedes is not None:
        before = f"{filings[key].source}/{supersedes}"
        yield before
        supersedes = filings[before].supersedes if before in filings else None


def next_amendment(edition: str, editions: Iterable[str]) -> tuple[str, str]:
    """The name of the next amendment of `edition`, and the edition it supersedes: the last of its chain."""
    match = _AMENDED.fullmatch(edition)
    first = match["first"] if match else edition
    numbers = [
        int(m["number"]) for e in editions if (m := _AMENDED.fullmatch(e)) is not None and m["first"] == first
    ]
    last = f"{first}-amended-{max(numbers)}" if numbers else first
    return f"{first}-amended-{max(numbers, default=0) + 1}", last


def write_filing(folder: Path, filing: Filing) -> None:
    """Write `filing.yml`, keys in the order of the model, unset ones left out."""
    values = filing.model_dump(mode="json", exclude_none=True)
    values = {k: v for k, v in values.items() if v != [] and not (k == "issued_on_estimated" and not v)}
    if filing.accepted:
        del values["accepted"]
    for key in ("url",):
        values.setdefault(key, None)
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=120)
    write_atomically(folder / FILING_FILE, text.encode())
