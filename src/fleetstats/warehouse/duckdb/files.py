"""The files of publications: each has a name of its own and is never written again; the known name is a link to one.

A tool that opened a file for writing and was killed leaves a log beside it, which DuckDB applies whenever that file is
opened, also to read. No later publication has that file's name, so the log of one fits no other.
"""

from __future__ import annotations

import glob
import json
import os
import secrets
from pathlib import Path
from typing import Any

from fleetstats.core.errors import BadInput
from fleetstats.core.reading import MIB, refuse_unreadable
from fleetstats.core.sealed import Damaged, read_sealed, write_sealed
from fleetstats.warehouse.base import KEPT, State

_READ = 0o444
_UNREADABLE = (OSError, BadInput, ValueError, TypeError, AttributeError, RecursionError)


def logs_beside(path: Path) -> list[Path]:
    """The logs that lie beside a file, and beside what it is a link to."""
    places = {path, path.resolve()}
    return sorted(log for place in places for log in place.parent.glob(f"{glob.escape(place.name)}.*wal*"))


class PublishedFiles:
    """The publications of one warehouse: `known` is where readers look, `folder` where the files are.

    Versions before kept the current publication under the known name itself; that is read as well.
    """

    def __init__(self, known: Path, folder: Path) -> None:
        self.known = known
        self.folder = folder

    def current(self) -> Path | None:
        """The file that the known name leads to."""
        return self.known.resolve() if self.known.exists() else None

    def of(self, run_id: str) -> Path:
        """The file of a run's publication."""
        return self.folder / f"{run_id}.duckdb"

    def state(self) -> State | None:
        """What the note beside the current file says, if that is the file's note."""
        path = self.current()
        return None if path is None or logs_beside(self.known) else self.noted(path)

    def noted(self, path: Path) -> State | None:
        """What the note beside a file says; None without one, and where the file is not as it was noted.

        The notes of kept publications of versions before do not say what their files were.
        """
        try:
            return self._read(path, certain=True)
        except _UNREADABLE:
            return None

    def claimed(self, path: Path | None) -> State | None:
        """What the note beside a file says, whether or not the file is still the one that was noted."""
        try:
            return None if path is None else self._read(path, certain=False)
        except _UNREADABLE:
            return None

    def _read(self, path: Path, *, certain: bool) -> State | None:
        try:
            note = read_sealed(_note(path))
        except Damaged:
            refuse_unreadable(_note(path), MIB)
            note = json.loads(_note(path).read_text(encoding="utf-8"))  # of a version before
        identity = note.pop("file", None)
        unknown = identity is None and path != self.current()
        return State(**note) if unknown or not certain or identity == _identity(path) else None

    def take_note_away(self) -> None:
        """Let the current file be none that was noted."""
        path = self.current()
        if path is not None:
            _note(path).unlink(missing_ok=True)

    def switch(self, candidate: Path, state: State) -> Path:
        """Make a closed candidate the current publication, in one step: its file has its note before."""
        path = self.of(state.run_id)
        candidate.chmod(candidate.stat().st_mode & _READ)
        _to_disk(candidate)
        candidate.rename(path)
        note: dict[str, Any] = {**state.as_dict(), "file": _identity(path)}
        write_sealed(_note(path), note)
        link = self.known.with_name(f".{self.known.name}.{secrets.token_hex(6)}.partial")
        try:
            link.symlink_to(os.path.relpath(path, self.known.parent))
            _to_disk(self.folder)
            link.replace(self.known)
        finally:
            link.unlink(missing_ok=True)
        _to_disk(self.known.parent)
        return path

    def sweep(self) -> None:
        """Remove the link that a killed `switch` left; only to be called by who holds the lock."""
        for left in self.known.parent.glob(f".{self.known.name}.*.partial"):
            if left.is_symlink():
                left.unlink(missing_ok=True)

    def every(self) -> list[Path]:
        """The files of publications, newest first; candidates are hidden ones."""
        return sorted(self.folder.glob("[!.]*.duckdb"), reverse=True)

    def forget(self, path: Path) -> None:
        """Remove a publication with its note and its logs."""
        for one in (*logs_beside(path), _note(path), path):
            one.unlink(missing_ok=True)

    def forget_old(self) -> None:
        """Remove all but the publications that are kept to return to; the current one stays in any case."""
        current = self.current()
        if current != self.known:
            _note(self.known).unlink(missing_ok=True)  # of a version before
        for path in self.every()[KEPT:]:
            if path != current:
                self.forget(path)


def _note(path: Path) -> Path:
    return path.with_suffix(".json")


def _identity(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
