"""Hashes of files, remembered from one night to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fleetstats.core.files import FileHashes, hash_file
from fleetstats.core.sealed import Damaged, read_sealed, warn_of_cache, write_sealed


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
            self._known = read_sealed(path)
        except FileNotFoundError:
            return
        except Damaged:
            warn_of_cache(path, "every file is read again")

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
            write_sealed(self._path, self._known)
        except OSError:
            return
