"""The export that is there already: what it holds, and whether it is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fleetstats.core.errors import BadInput, ConfigurationError, shorten
from fleetstats.outputs.export.package import (
    PACKAGE_FILE,
)

FORMATS = ("parquet", "csv", "sqlite")


SUMS_FILE = "SHA256SUMS"


MARK = 1
"""Version of the layout; an export of another one is not compared with."""


@dataclass(frozen=True)
class EarlierExport:
    """An export that is replaced."""

    folder: Path
    about: dict[str, Any]
    sums: dict[str, str]

    @property
    def publication_id(self) -> str:
        """Of the publication that it was made from."""
        return str(self.about["publication_id"])

    @property
    def form(self) -> str:
        """The most exact of its formats."""
        return next(form for form in FORMATS if form in self.about["formats"])

    @cached_property
    def columns(self) -> dict[str, list[str]]:
        """The columns of its tables, as its descriptor says."""
        descriptor = json.loads((self.folder / PACKAGE_FILE).read_text(encoding="utf-8"))
        return {
            entry["name"]: [f["name"] for f in entry["schema"]["fields"]]
            for resource in descriptor["resources"]
            for entry in (resource, *resource.get("tables", []))
            if "schema" in entry
        }


def earlier_export(place: Path) -> EarlierExport | None:
    """The export that is in a folder, whole; None for a folder that is empty or not there."""
    if place.is_dir() and not any(place.iterdir()):
        return None
    if not place.exists():
        return None
    try:
        about = json.loads((place / PACKAGE_FILE).read_text(encoding="utf-8"))["fleetstats"]
        sums = read_sums(place / SUMS_FILE)
        known = isinstance(about["publication_id"], str) and PACKAGE_FILE in sums
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise ConfigurationError(
            f"the folder is neither empty nor an export of ours: {place}\n"
            f"  expected: no folder, an empty one, or one with a {PACKAGE_FILE} and {SUMS_FILE} of fleetstats export\n"
            "  to do:    name another folder; nothing was changed"
        )
    if about.get("layout") != MARK:
        raise ConfigurationError(
            f"the export was written by another version of fleetstats: {place}\n"
            f"  found:    layout {shorten(about.get('layout'))}\n  expected: layout {MARK}\n"
            "  to do:    name another folder, or move this one away; then there is no list of changes"
        )
    _unchanged(place, sums)
    return EarlierExport(place, about, sums)


def read_sums(path: Path) -> dict[str, str]:
    pairs = [line.split("  ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
    return {name: digest for digest, name in pairs}


def _unchanged(place: Path, sums: Mapping[str, str]) -> None:
    """An export is replaced as a whole: nothing of the user's own is in it, and nothing was changed."""
    there = {p.relative_to(place).as_posix() for p in place.rglob("*") if not p.is_dir() or p.is_symlink()}
    if foreign := sorted(there - sums.keys() - {SUMS_FILE}):
        raise ConfigurationError(
            f"the folder has files that are not of the export: {place}\n"
            f"  found:    {shorten(', '.join(foreign), 300)}\n"
            "  to do:    move them elsewhere; an export replaces its folder as a whole"
        )
    for name, digest in sums.items():
        path = place / name
        if not path.is_file() or sha256_of(path) != digest:
            raise BadInput(
                "a file of the earlier export was changed, so nothing can be compared with it",
                file=path,
                found="another sha256" if path.is_file() else "no file",
                expected=f"sha256 {digest}, as {SUMS_FILE} says",
                todo="put it back, or move the folder away and export again",
            )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
