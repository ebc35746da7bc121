"""What gets in and what goes out: files that never end, YAML that explodes, and places that are no plain files."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fleetstats.core.csv_tables import read_rows
from fleetstats.core.destination import STANDARD_OUTPUT, destination
from fleetstats.core.errors import BadInput, ConfigurationError, told, without_directions
from fleetstats.core.formats import to_json, write_table
from fleetstats.core.locks import build_lock
from fleetstats.core.partials import partial_file, partial_folder, sweep
from fleetstats.core.sealed import Damaged, read_sealed, write_sealed
from fleetstats.core.settings import Settings
from fleetstats.core.yaml_files import load_yaml
from fleetstats.filings.corrections import Correction, load_corrections
from fleetstats.forecast.files.tidy import COLUMNS, tidy_rows

ALIASES = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)


@pytest.mark.parametrize(
    "text",
    [
        ALIASES,
        "a: &a [*a]\n",
        "a: *nothing\n",
        "a: " + "[" * 200_000,
        "- " * 50_000 + "x",
        "a: " + "{b: " * 30_000,
        "? " * 50_000,
        "!!timestamp x",
        "a: !!binary 'é'",
        "!!int x",
        "!!float x",
        "!!python/object/apply:os.system [id]",
        "a: 2026-13-45",
        "a: " + "9" * 5000,
        "a: 1" + ":1" * 1_000_000,
        "\x00",
        "a: [",
    ],
)
def test_hostile_yaml_is_refused_at_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hostile.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((yaml.YAMLError, ValueError)):
        load_yaml(path)


def test_an_alias_of_a_few_values_is_read(tmp_path: Path) -> None:
    path = tmp_path / "alias.yml"
    path.write_text("a: &a [1, 2]\nb: *a\nc: '* & *'\n", encoding="utf-8")
    assert load_yaml(path) == {"a": [1, 2], "b": [1, 2], "c": "* & *"}


@given(st.text(alphabet="&*[]{}:-?!|>'\"%@ \n\tab1.,#", max_size=200))
def test_any_short_text_is_yaml_or_a_clear_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / f"any-{os.getpid()}.yml"
    path.write_text(text, encoding="utf-8")
    try:
        load_yaml(path)
    except (yaml.YAMLError, ValueError):
        return


def _fifo(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


READERS: dict[str, Callable[[Path], object]] = {
    "yaml": load_yaml,
    "reviewed": lambda path: list(read_rows(path, ["a"])),
    "tidy": lambda path: list(tidy_rows(path, COLUMNS)),
}


@pytest.mark.parametrize("reader", list(READERS))
@pytest.mark.parametrize("what", ["pipe", "zeros", "folder"])
def test_what_never_ends_is_not_read(tmp_path: Path, reader: str, what: str) -> None:
    path = {"pipe": tmp_path / "pipe", "zeros": Path("/dev/zero"), "folder": tmp_path}[what]
    if what == "pipe":
        os.mkfifo(path)
    with pytest.raises(BadInput, match="not a regular file"):
        READERS[reader](path)


CORRECTION: dict[str, Any] = {
    "original": "a" * 64, "file": "a.csv", "action": "flag", "expect": "x", "reason": "r", "evidence": "e",
}  # fmt: skip


@pytest.mark.parametrize(
    "records", [["1-3000000000"], ["1-100001"], ["7-3"], ["1-2-3"], ["-"], ["a-b"], ["1-"]]
)
def test_a_range_of_records_has_an_end(records: list[str]) -> None:
    with pytest.raises(ValueError, match="records"):
        Correction.model_validate({**CORRECTION, "records": records})


def test_corrections_of_a_file_have_an_end_together(tmp_path: Path) -> None:
    path = tmp_path / "corrections.yml"
    path.write_text(yaml.safe_dump([{**CORRECTION, "records": ["1-99999"]}] * 3000), encoding="utf-8")
    with pytest.raises(BadInput, match="corrections of more than"):
        load_corrections([path])


def test_what_is_sealed_is_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zeros").symlink_to("/dev/zero")
    for name in ("pipe", "zeros"):
        with pytest.raises(Damaged):
            read_sealed(tmp_path / name)


@pytest.mark.parametrize("what", ["link", "pipe", "folder"])
def test_a_lock_that_is_no_plain_file_is_left_alone(tmp_path: Path, what: str) -> None:
    victim, place = tmp_path / "victim", tmp_path / ".lock"
    victim.write_text("precious", encoding="utf-8")
    if what == "link":
        place.symlink_to(victim)
    elif what == "pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    with pytest.raises(ConfigurationError, match="not a plain file"), build_lock(tmp_path):
        pass
    assert victim.read_text(encoding="utf-8") == "precious"


def test_ranges_of_records_are_what_they_name() -> None:
    assert Correction.model_validate({**CORRECTION, "records": [2, 5, "7-9"]}).records == [2, 5, 7, 8, 9]


def put(place: Path, content: bytes = b"new") -> None:
    with destination(place) as path:
        path.write_bytes(content)


def test_a_file_that_is_there_keeps_mode_links_and_identity(tmp_path: Path) -> None:
    file, link, hard = tmp_path / "file", tmp_path / "link", tmp_path / "hard"
    file.write_bytes(b"a longer text than the new one")
    file.chmod(0o600)
    link.symlink_to(file)
    hard.hardlink_to(file)
    before = file.stat()
    put(link)
    after = file.stat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert link.is_symlink()
    assert hard.read_bytes() == b"new"


def test_a_link_to_nothing_is_followed(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    put(link)
    assert link.is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = _fifo(tmp_path)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    put(pipe)
    reader.join()
    assert read == [b"new"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_device_stays_one() -> None:
    put(Path("/dev/null"))
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("place", ["no/folder/file", "."])
def test_a_missing_folder_is_an_error_and_none_is_made(tmp_path: Path, place: str) -> None:
    with pytest.raises(ConfigurationError, match="folder"):
        put(tmp_path / place)
    assert list(tmp_path.iterdir()) == []


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    for name in ("old", "new"):
        with pytest.raises(RuntimeError), destination(tmp_path / name) as path:  # noqa: PT012
            path.write_bytes(b"half")
            raise RuntimeError
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("old", b"old")]


def test_standard_output_is_a_place(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    put(STANDARD_OUTPUT)
    assert capfdbinary.readouterr().out == b"new"


STRANGE = pa.table(
    [
        pa.array([time(1, 2, 3)]),
        pa.array([timedelta(seconds=3)]),
        pa.array([b"\xff\x00"]),
        pa.array([Decimal("1.50")]),
        pa.array([[1, 2]]),
        pa.array([2**31 - 1], pa.int32()).cast(pa.date32()),
        pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"]),
        pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
        pa.array(["\x1b]0;title\x07"]),
        pa.array([1]),
        pa.array([2]),
    ],
    names=["time", "span", "bytes", "sum", "list", "never", "twice", "interval", "escape", "same", "same"],
)


@pytest.mark.parametrize("form", ["table", "csv", "json", "parquet"])
def test_what_a_format_cannot_hold_is_written_as_text(tmp_path: Path, form: Any) -> None:
    write_table(STRANGE, form, tmp_path / "out")
    assert (tmp_path / "out").stat().st_size > 50
    if form == "parquet":
        assert pq.read_table(tmp_path / "out").column_names[-1] == "same_2"
    elif form == "table":
        assert "\x1b" not in (tmp_path / "out").read_text(encoding="utf-8")


def test_json_has_a_word_for_anything() -> None:
    assert to_json({"a": time(1, 2), "b": b"\x01", "c": {1, 2}, "d": date(2020, 1, 2), "e": float("inf")})


def test_a_message_is_short_and_nothing_that_a_terminal_obeys() -> None:
    said = told(ValueError("\x1b]0;x\x07\nline " + "a" * 200_000 + "\udcff"))
    assert "\x1b" not in said
    assert len(said) < 6000
    assert "\n" in said


def test_an_override_of_direction_is_shown_and_not_obeyed() -> None:
    assert without_directions("abc\u202egnp.exe\u2066") == "abc⟨U+202E⟩gnp.exe⟨U+2066⟩"
    assert without_directions(7) == 7


@pytest.mark.parametrize("left", ["file", "folder", "of a version before"])
def test_what_a_dead_writer_left_is_swept_and_what_a_living_one_writes_is_not(
    tmp_path: Path, left: str
) -> None:
    dead = tmp_path / (".2024.7" if left == "of a version before" else ".x.abc.partial")
    if left == "file":
        dead.write_bytes(b"half")
    else:
        dead.mkdir()
        (dead / "inside").write_bytes(b"half")
    (tmp_path / ".lock").write_bytes(b"")
    with partial_file(tmp_path / "one") as one, partial_folder(tmp_path / "two") as two:
        sweep(tmp_path)
        assert sorted(tmp_path.iterdir()) == sorted([one, two, tmp_path / ".lock"])
    assert [p.name for p in tmp_path.iterdir()] == [".lock"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
)


@given(value=ANYTHING, place=st.integers(0), bit=st.integers(0, 7))
def test_any_bit_of_what_is_sealed_is_missed(
    tmp_path_factory: pytest.TempPathFactory, value: Any, place: int, bit: int
) -> None:
    path = tmp_path_factory.getbasetemp() / f"sealed-{os.getpid()}.json"
    write_sealed(path, value)
    assert read_sealed(path) == value
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1 << bit
    path.write_bytes(content)
    with pytest.raises(Damaged):
        read_sealed(path)


def test_a_home_of_nobody_is_a_setting_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEETSTATS_HOME", "~no-such-user/x")
    with pytest.raises(ValueError, match="a folder that cannot be found"):
        Settings()
