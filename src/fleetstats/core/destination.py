"""Where a result goes that a person names: a new file appears whole, and what is there already is written to."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleetstats.core.errors import ConfigurationError
from fleetstats.core.files import replacing

STANDARD_OUTPUT = Path("-")


@contextmanager
def destination(place: Path) -> Iterator[Path]:
    """The name of a file to write, whose content reaches `place` when the context ends without an exception.

    `-` is standard output. A file that is there keeps its mode, owner and links; a device or a pipe is written to; a
    link is followed. Raises `ConfigurationError` for a folder, and where the folder of a new file is not there.
    """
    if place == STANDARD_OUTPUT or place.exists():
        if place.is_dir():
            raise ConfigurationError(
                f"{place} is a folder\n  expected: the name of a file\n  to do:    add one"
            )
        with tempfile.TemporaryDirectory(prefix="fleetstats-") as folder:
            written = Path(folder, f"result{place.suffix}")
            yield written
            _copy(written, place)
        return
    target = place.resolve()
    if not target.parent.is_dir():
        raise ConfigurationError(
            f"there is no folder {target.parent}\n  to do:    make it, or give another --output"
        )
    with replacing(target) as written:
        yield written


def _copy(written: Path, place: Path) -> None:
    with written.open("rb") as source:
        if place == STANDARD_OUTPUT:
            shutil.copyfileobj(source, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
        with place.open("r+b" if place.is_file() else "wb", buffering=0) as target:
            if place.is_file():
                target.truncate(0)
            shutil.copyfileobj(source, target)
