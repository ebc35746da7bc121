"""What is being written: hidden, with a random name, locked by its writer, so that what a killed one left is known."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_LEFT = re.compile(r"\..+\.(partial|\d+)")
"""The names of partial files and folders; those of earlier versions ended with the number of their process."""


@contextmanager
def partial_file(place: Path) -> Iterator[Path]:
    """An empty file beside `place`, removed at the end if it is still there. The folder of `place` is made."""
    place.parent.mkdir(parents=True, exist_ok=True)
    while True:
        path = _name(place)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        if _taken(descriptor):
            break
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


@contextmanager
def partial_folder(place: Path) -> Iterator[Path]:
    """An empty folder beside `place`, removed at the end if it is still there. The parent of `place` is made."""
    place.parent.mkdir(parents=True, exist_ok=True)
    while True:
        path = _name(place)
        path.mkdir()
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        if _taken(descriptor):
            break
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)


def sweep(*roots: Path) -> None:
    """Remove the partial files and folders below these folders whose writers are dead."""
    for path in _partials(roots):
        _remove_if_dead(path)


def left_behind(*roots: Path) -> bool:
    """Whether there is a partial file or folder below these folders, its writer dead or alive."""
    return next(_partials(roots), None) is not None


def _partials(roots: Iterable[Path]) -> Iterator[Path]:
    for root in roots:
        for folder, names, files in os.walk(root):
            left = [name for name in names if _LEFT.fullmatch(name)]
            names[:] = [name for name in names if name not in left]
            for name in (*left, *(file for file in files if _LEFT.fullmatch(file))):
                yield Path(folder, name)


def _name(place: Path) -> Path:
    return place.with_name(f".{place.name}.{secrets.token_hex(6)}.partial")


def _taken(descriptor: int) -> bool:
    """Lock what was just made; whether it is still there: a sweep may have come between."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    if os.fstat(descriptor).st_nlink:
        return True
    os.close(descriptor)
    return False


def _remove_if_dead(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return  # gone, a link, or not ours to read
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    except OSError:
        return  # its writer lives, or the folder cannot be written
    finally:
        os.close(descriptor)
