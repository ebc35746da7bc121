"""What a fetch remembers from one time to the next, in files that several processes may write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fleetstats.core.files import write_atomically
from fleetstats.core.locks import exclusive, lock_file


class Memory:
    """What servers said of their bytes, by edition, in one file that several processes may write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, key: str) -> dict[str, Any]:
        found = self._read().get(key)
        return found if isinstance(found, dict) else {}

    def put(self, key: str, value: dict[str, Any]) -> None:
        with exclusive(lock_file(self._path.with_suffix(".lock")), busy=None):
            write_atomically(
                self._path, json.dumps(self._read() | {key: value}, indent=1, sort_keys=True).encode()
            )

    def _read(self) -> dict[str, Any]:
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}
