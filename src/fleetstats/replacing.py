"""A folder replaced as a whole: written beside the old one, and put in its place in one step.

Readers see the old folder or the new one. What a killed writer left beside them, the next one clears away.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleetstats.errors import Locked

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)
"""What a system, or a file system, answers that cannot exchange two names."""


@contextmanager
def replacement(place: Path) -> Iterator[Path]:
    """An empty folder beside `place`, which takes its place when the context ends without an exception.

    `place` is absolute; it is a folder or nothing. Raises `Locked` while another process replaces a folder
    beside it.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with _alone(place.parent):
        recover(place)
        partial = _beside(place, "partial")
        partial.mkdir()
        try:
            yield partial
            _to_disk(partial)
            _put(partial, place)
        finally:
            # By now this is what was there before, or what was not finished
            shutil.rmtree(partial, ignore_errors=True)


def recover(place: Path) -> None:
    """Put back a folder that a killed writer had moved aside, and remove what it had begun."""
    aside = _beside(place, "earlier")
    if aside.exists() and not place.exists():
        aside.rename(place)
    for left in (aside, _beside(place, "partial")):
        if left.exists():
            shutil.rmtree(left)


def moved_aside(place: Path) -> Path | None:
    """Where the earlier folder is, if a killed writer left `place` empty."""
    aside = _beside(place, "earlier")
    return aside if aside.exists() and not place.exists() else None


def _beside(place: Path, what: str) -> Path:
    return place.with_name(f".{place.name}.fleetstats-{what}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Locked(
                f"another process is writing an export into {folder}\n"
                "  to do:    wait until it is done; nothing was changed"
            ) from None
        yield
    finally:
        os.close(descriptor)


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
        # Two steps, with nothing in place between them: `recover` mends that
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
