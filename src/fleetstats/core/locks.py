"""One build at a time: a lock that its holder's death releases."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleetstats.core.errors import ConfigurationError, Locked


@contextmanager
def build_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a warehouse folder; `Locked` at once if another process has it."""
    path = folder / ".lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ConfigurationError(
            f"the warehouse folder cannot be written: {folder}\n  found:    {error.strerror}\n"
            "  to do:    set FLEETSTATS_HOME to a folder of your own"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 64, 0).decode("ascii", "replace").strip() or "unknown"
            raise Locked(
                f"another build is running (process {holder})\n  where:    {path}\n"
                "  to do:    wait until it is done; nothing was changed"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
