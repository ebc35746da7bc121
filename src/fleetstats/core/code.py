"""Our own code as an input: which modules a module rests on, and one hash over exactly those.

A hash covers what it has to and no more: what is read of a filing depends on its reader and what that imports, a
publication on what builds it, and neither on a chart.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import fleetstats

_PACKAGE = Path(fleetstats.__file__).resolve().parent
_NAME = fleetstats.__name__
_IMPORT = re.compile(
    rf"^[ \t]*(?:from[ \t]+({_NAME}[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+({_NAME}[^\n]*))",
    re.MULTILINE,
)


def code_sha256(
    roots: Iterable[str],
    *,
    without: Iterable[str] = (),
    folders: Iterable[Path] = (),
    libraries: Iterable[str] = (),
) -> str:
    """A hash over the modules that `roots` rest on, the SQL and JSON of `folders`, and the libraries' versions.

    `roots` are dotted names of modules or packages (all of a package's modules are roots). Modules of the packages
    `without` are not followed and not covered. Whether an import stands on top, in a function or is for type checkers
    makes no difference; the text of the modules counts byte for byte.
    """
    digest = hashlib.sha256()
    for path in modules(tuple(roots), tuple(without)):
        digest.update(f"{path.relative_to(_PACKAGE)}\0".encode() + path.read_bytes() + b"\0")
    for folder in folders:
        for path in sorted((*folder.rglob("*.sql"), *folder.rglob("*.json"))):
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    for library in libraries:
        digest.update(f"{library}=={version(library)}\0".encode())
    return digest.hexdigest()


def modules(roots: tuple[str, ...], without: tuple[str, ...] = ()) -> list[Path]:
    """The files of these modules and of all that they import, directly or through others, in order."""
    found: set[Path] = set()
    pending = [name for root in roots for name in _below(root)]
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in seen or any(name == out or name.startswith(f"{out}.") for out in without):
            continue
        seen.add(name)
        path = _file(name)
        if path is None:
            continue
        found.add(path)
        pending += _imported(path)
        if "." in name:
            pending.append(name.rpartition(".")[0])  # a package's own file is run before its modules
    return sorted(found)


def _below(root: str) -> list[str]:
    path = _file(root)
    if path is None:
        raise ValueError(f"there is no module {root}")
    if path.name != "__init__.py":
        return [root]
    inside = (p.relative_to(path.parent).with_suffix("").parts for p in path.parent.rglob("*.py"))
    return [".".join((root, *(part for part in parts if part != "__init__"))) for parts in inside]


@cache
def _file(name: str) -> Path | None:
    """The file of a module of this package; None for a name that is something inside a module."""
    place = _PACKAGE.joinpath(*name.split(".")[1:])
    for path in (place / "__init__.py", place.with_name(f"{place.name}.py")):
        if path.is_file():
            return path
    return None


def _imported(path: Path) -> list[str]:
    """The names of our own that a file imports: modules, and what may be a module of a package."""
    names: list[str] = []
    for package, what, plain in _IMPORT.findall(path.read_text(encoding="utf-8")):
        if plain:
            names += [part.split()[0] for part in plain.split(",")]
        else:
            inside = re.findall(r"[\w.]+", re.sub(r"#[^\n]*|\bas\s+\w+", "", what))
            names += [package, *(f"{package}.{one}" for one in inside)]
    return names
