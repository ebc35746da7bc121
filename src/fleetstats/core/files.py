"""Files written whole, and files known by their hash."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


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


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The name of a file to write, which takes the place of `path` when the context ends without an exception.

    Readers see the old file or the new one, also after a crash. The folder of `path` is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old one or the new one, also after a crash."""
    with replacing(path) as partial:
        partial.write_bytes(content)
