"""A folder is replaced as a whole, on systems that can exchange two names in one step and on others."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetstats.core import folders as replacing
from fleetstats.core.errors import Locked
from fleetstats.core.folders import alone, replacement


def put(place: Path, text: str) -> None:
    with alone(place), replacement(place) as new:
        (new / "a").mkdir()
        (new / "a" / "file").write_text(text, encoding="utf-8")


def content(place: Path) -> str:
    return (place / "a" / "file").read_text(encoding="utf-8")


@pytest.mark.parametrize("can_exchange", [True, False])
def test_the_new_folder_is_in_place_and_nothing_is_left_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(replacing, "_exchange", lambda *_: False)
    place = tmp_path / "deep" / "out"
    for text in ("first", "second", "third"):
        put(place, text)
        assert content(place) == text
    assert [p.name for p in place.parent.iterdir()] == ["out"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    put(tmp_path / "out", "first")
    assert content(tmp_path / "out") == "first"


def test_whatever_is_raised_the_earlier_folder_stays(tmp_path: Path) -> None:
    place = tmp_path / "out"
    put(place, "first")
    with pytest.raises(FileNotFoundError), alone(place), replacement(place) as new:
        (new / "no" / "such" / "folder").touch()
    assert content(place) == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_was_moved_aside_comes_back(tmp_path: Path) -> None:
    place = tmp_path / "out"
    put(place, "first")
    place.rename(tmp_path / ".out.fleetstats-earlier")
    (tmp_path / ".out.fleetstats-partial").mkdir()
    with alone(place):
        assert content(place) == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_second_writer_leaves_with_a_clear_message(tmp_path: Path) -> None:
    place = tmp_path / "out"
    # A second descriptor has a lock of its own, also in one process
    with alone(place), pytest.raises(Locked, match="another process is writing into"):
        put(place, "second")
    put(place, "third")
    assert content(place) == "third"
