"""One process at a time: locks that their holder's death releases."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from fleetstats.core.errors import ConfigurationError, FleetstatsError, Locked

_BETWEEN = 0.5
"""Seconds between two looks at a lock that is waited for."""


@contextmanager
def exclusive(descriptor: int, busy: Callable[[], FleetstatsError] | None, wait: float = 0) -> Iterator[None]:
    """Hold the lock of an open file or folder, and close it at the end.

    `busy` makes the error for when another process still holds it after `wait` seconds; with None, wait for ever.
    """
    until = monotonic() + wait
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
                break
            except BlockingIOError:
                if busy is not None and monotonic() >= until:
                    raise busy() from None
                sleep(min(_BETWEEN, max(until - monotonic(), 0.01)))
        yield
    finally:
        os.close(descriptor)


def lock_file(path: Path) -> int:
    """A lock file, opened; made where it is not there, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ConfigurationError(
            f"the lock is not a plain file: {path}\n  to do:    see who has put it there, and remove it"
        )
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)


@contextmanager
def build_lock(folder: Path, wait: float = 0) -> Iterator[None]:
    """Hold the lock of a warehouse folder; `Locked` if another process still has it after `wait` seconds."""
    path = folder / ".lock"
    try:
        descriptor = lock_file(path)
    except OSError as error:
        raise ConfigurationError(
            f"the warehouse folder cannot be written: {folder}\n  found:    {error.strerror}\n"
            "  to do:    set FLEETSTATS_HOME to a folder of your own"
        ) from error

    def busy() -> Locked:
        holder = os.pread(descriptor, 64, 0).decode("ascii", "replace").strip() or "unknown"
        return Locked(
            f"another build is running (process {holder})\n  where:    {path}\n"
            "  to do:    wait until it is done (run --wait SECONDS does); nothing was changed"
        )

    with exclusive(descriptor, busy, wait):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
