"""A hash over code covers what a module rests on, and no more."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import fleetstats
from fleetstats.core import code
from fleetstats.core.code import code_sha256, modules
from fleetstats.pipeline.fingerprint import build_code_sha256

PACKAGE = Path(fleetstats.__file__).parent
MILEAGE = "fleetstats.sources.cadmv.mileage"


@pytest.fixture(scope="module")
def copied_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("code") / "fleetstats"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "_packaged"))
    return copy


@pytest.fixture
def package(copied_package: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the package, whose code is hashed in the place of the real one's."""
    monkeypatch.setattr(code, "_PACKAGE", copied_package)
    code._file.cache_clear()
    yield copied_package
    code._file.cache_clear()


def commented(path: Path) -> bytes:
    """Add a comment at the end of a module; returns what it was."""
    before = path.read_bytes()
    path.write_bytes(before + b"\n# a comment\n")
    return before


@pytest.mark.parametrize(
    ("module", "counts"),
    [
        ("charts/coverage.py", False),
        ("outputs/report/page.py", False),
        ("outputs/draw_charts.py", False),
        ("cli/build.py", False),
        ("forecast/files/tidy.py", False),
        ("ingest/fetch.py", False),
        ("pipeline/status.py", False),
        ("forecast/engine/scale.py", True),
        ("ingest/stage.py", True),
        ("quality/auditor.py", True),
        ("sources/cadmv/forms.py", True),
        ("warehouse/core_tables.py", True),
        ("core/periods.py", True),
    ],
)
def test_a_comment_rebuilds_only_where_figures_are_made(package: Path, module: str, counts: bool) -> None:
    before = build_code_sha256()
    text = commented(package / module)
    try:
        assert (build_code_sha256() != before) == counts
    finally:
        (package / module).write_bytes(text)


def test_every_room_that_makes_no_figures_is_out_of_the_hash_of_a_build() -> None:
    found = modules(("fleetstats.pipeline.build", "fleetstats.sources"))
    assert {p.relative_to(PACKAGE).parts[0] for p in found} & {"cli", "charts", "outputs"} == set()


def test_a_reader_rests_on_its_own_format_and_what_readers_share() -> None:
    found = {str(p.relative_to(PACKAGE)) for p in modules((MILEAGE,))}
    assert {
        "sources/cadmv/mileage.py",
        "sources/cadmv/forms.py",
        "sources/records.py",
        "core/units.py",
    } <= found
    assert not any(path.startswith(("warehouse", "sources/nhtsa", "forecast")) for path in found)


def test_modules_that_are_left_out_are_not_followed() -> None:
    without = code_sha256([MILEAGE], without=["fleetstats.core.schema"])
    assert without != code_sha256([MILEAGE])
    found = modules((MILEAGE,), ("fleetstats.core.schema",))
    assert not any("schema" in p.parts for p in found)


def test_a_name_that_is_no_module_is_refused() -> None:
    with pytest.raises(ValueError, match="no module"):
        modules(("fleetstats.nowhere",))


def test_imports_are_found_in_every_form(package: Path) -> None:
    (package / "forms.py").write_text(
        "from fleetstats.core import (\n    units,\n    periods as p,  # a reason\n)\nimport fleetstats.core.locks\n"
        "def f():\n    from fleetstats.core.errors import BadInput\n"
    )
    try:
        found = {p.name for p in modules(("fleetstats.forms",))}
    finally:
        (package / "forms.py").unlink()
    assert {"units.py", "periods.py", "locks.py", "errors.py", "forms.py"} <= found
