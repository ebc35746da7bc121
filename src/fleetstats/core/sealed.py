"""JSON of our own under a checksum: what was damaged is known as that, and nothing of it is believed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from fleetstats.core.errors import BadInput
from fleetstats.core.files import write_atomically
from fleetstats.core.reading import MIB, refuse_unreadable

_LARGEST = 256 * MIB


class Damaged(ValueError):
    """A file of our own that is not as we wrote it."""


def seal(value: Any) -> bytes:
    """A value as JSON, after a line with its checksum."""
    content = json.dumps(value, ensure_ascii=False).encode()
    return f"{hashlib.sha256(content).hexdigest()}\n".encode() + content


def write_sealed(path: Path, value: Any) -> None:
    """Write a value so that `read_sealed` gives it back; raises `OSError`."""
    write_atomically(path, seal(value))


def read_sealed(path: Path) -> Any:
    """The value that was written; `FileNotFoundError` without a file, `Damaged` for one that is not as written."""
    try:
        refuse_unreadable(path, _LARGEST)
        seal, _, content = path.read_bytes().partition(b"\n")
        if seal != hashlib.sha256(content).hexdigest().encode():
            raise Damaged(f"not as it was written: {path}")
        return json.loads(content)
    except FileNotFoundError:
        raise
    except (OSError, BadInput, RecursionError, ValueError) as error:
        raise error if isinstance(error, Damaged) else Damaged(f"{path}: {error}") from error


def warn_of_cache(path: Path, what: str) -> None:
    """Say that a file of the cache was damaged, and what is done about it."""
    import logging

    logging.getLogger("fleetstats").warning("warning: the cache was damaged: %s; %s", path, what)
