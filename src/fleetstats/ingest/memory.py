"""What a fetch remembers from one time to the next, in files that several processes may write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fleetstats.core.locks import exclusive, lock_file
from fleetstats.core.sealed import Damaged, read_sealed, warn_of_cache, write_sealed


class Memory:
    """What servers said of their bytes, by edition, in one file that several processes may write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, key: str) -> dict[str, Any]:
        found = self._read().get(key)
        return found if isinstance(found, dict) else {}

    def put(self, key: str, value: dict[str, Any]) -> None:
        with exclusive(lock_file(self._path.with_suffix(".lock")), busy=None):
            write_sealed(self._path, self._read() | {key: value})

    def _read(self) -> dict[str, Any]:
        try:
            known = read_sealed(self._path)
        except FileNotFoundError:
            return {}
        except Damaged:
            warn_of_cache(self._path, "what servers said is asked again")
            return {}
        return known if isinstance(known, dict) else {}
