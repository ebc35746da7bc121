"""A folder replaced as a whole: written beside the old one, and put in its place in one step.

Readers see the old folder or the new one. What a killed writer left beside them, the next one clears away.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleetstats.core.errors import Locked
from fleetstats.core.locks import exclusive
from fleetstats.core.partials import partial_folder

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)
"""What a system, or a file system, answers that cannot exchange two names."""


@contextmanager
def alone(place: Path) -> Iterator[None]:
    """The only process that replaces a folder in `place.parent`; what a killed one left there of `place` is fixed.

    `place` is absolute; its parent is made. Raises `Locked` while another process has it. The lock is the parent
    itself, so that no file of ours is left in it, and goes with its process.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    busy = f"another process is writing into {place.parent}\n  to do:    wait until it is done; nothing was changed"
    with exclusive(descriptor, lambda: Locked(busy)):
        _recover(place)
        yield


@contextmanager
def appearing(place: Path) -> Iterator[Path]:
    """An empty folder beside `place`, which becomes `place` when the context ends without an exception.

    For a folder that is not there yet; what cannot be read of an earlier one is to be removed before the end.
    """
    with partial_folder(place) as partial:
        yield partial
        partial.rename(place)


@contextmanager
def replacement(place: Path) -> Iterator[Path]:
    """An empty folder beside `place`, which takes its place when the context ends without an exception.

    To be called by who is `alone`.
    """
    partial = _beside(place, "partial")
    partial.mkdir()
    try:
        yield partial
        _to_disk(partial)
        _put(partial, place)
    finally:
        # By now this is what was there before, or what was not finished
        shutil.rmtree(partial, ignore_errors=True)


def _recover(place: Path) -> None:
    """Put back a folder that a killed writer had moved aside, and remove what it had begun."""
    aside = _beside(place, "earlier")
    if aside.exists() and not place.exists():
        aside.rename(place)
    for left in (aside, _beside(place, "partial")):
        if left.exists():
            shutil.rmtree(left)


def _beside(place: Path, what: str) -> Path:
    return place.with_name(f".{place.name}.fleetstats-{what}")


def _to_disk(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _put(new: Path, place: Path) -> None:
    if not place.exists() or not any(place.iterdir()):
        new.replace(place)
    elif not _exchange(new, place):
        # Two steps, with nothing in place between them: `alone` fixes that
        aside = _beside(place, "earlier")
        place.rename(aside)
        new.rename(place)
        shutil.rmtree(aside)
    descriptor = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exchange(first: Path, second: Path) -> bool:
    """Let two folders change their names in one step; whether this system can."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), str(second))
