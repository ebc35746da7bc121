"""CONTRIBUTING's table of rooms is what the packages say of themselves, and each says it in one sentence."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import grimp
import pytest

from fleetstats.sources.registry import sources

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "fleetstats"
TABLE = re.compile(r"^\| `(?P<room>\w+)/` \| (?P<says>.+) \|$", re.MULTILINE)


def says(package: Path) -> str:
    return ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""


ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def test_the_table_of_rooms_lists_the_packages_in_their_own_words() -> None:
    listed = TABLE.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert dict(listed) == {room: says(PACKAGE / room) for room in ROOMS}


def test_the_rooms_are_those_of_the_import_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(c["layers"] for c in contracts if c.get("exhaustive"))
    assert sorted(room for layer in layers for room in layer.split(" | ")) == ROOMS


def test_a_reader_is_imported_by_the_registry_alone_and_by_no_other_reader() -> None:
    """The contracts name today's readers; this holds for every source that the registry has."""
    graph = grimp.build_graph("fleetstats")
    readers = {".".join(source.read.__module__.split(".")[:3]) for source in sources()}
    assert len(readers) >= 3
    for reader in readers:
        inside = {reader, *graph.find_descendants(reader)}
        importers = {name for module in inside for name in graph.find_modules_that_directly_import(module)}
        assert importers - inside == {"fleetstats.sources.registry"}, reader


@pytest.mark.parametrize(
    "package", sorted(p.parent for p in PACKAGE.rglob("__init__.py")), ids=lambda p: p.name
)
def test_a_package_says_in_one_sentence_what_belongs_there(package: Path) -> None:
    said = says(package)
    assert said.endswith("."), package
    assert "\n\n" not in said, package
