"""Files written whole, and files known by their hash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fleetstats.core.partials import partial_file

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


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The name of a file to write, which takes the place of `path` when the context ends without an exception.

    Readers see the old file or the new one, also after a crash. The folder of `path` is made. The file has to be
    written where it is, not replaced in its turn.
    """
    with partial_file(path) as partial:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old one or the new one, also after a crash."""
    with replacing(path) as partial:
        partial.write_bytes(content)
