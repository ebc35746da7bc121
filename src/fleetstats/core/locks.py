"""One process at a time: locks that their holder's death releases."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fleetstats.core.errors import ConfigurationError, FleetstatsError, Locked


@contextmanager
def exclusive(descriptor: int, busy: Callable[[], FleetstatsError] | None) -> Iterator[None]:
    """Hold the lock of an open file or folder, and close it at the end.

    `busy` makes the error for when another process holds it; with None, wait for it.
    """
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError:
            if busy is None:
                raise
            raise busy() from None
        yield
    finally:
        os.close(descriptor)


def lock_file(path: Path) -> int:
    """A lock file, opened; made where it is not there, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)


@contextmanager
def build_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a warehouse folder; `Locked` at once if another process has it."""
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
            "  to do:    wait until it is done; nothing was changed"
        )

    with exclusive(descriptor, busy):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
