"""One build at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleetstats.core.errors import EXIT_LOCKED, ConfigurationError, Locked
from fleetstats.core.locks import build_lock

HOLD = """
import sys
from pathlib import Path
from fleetstats.core.locks import build_lock
with build_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    path = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_second_one_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        told = rf"another build is running \(process {process.pid}\)"
        with pytest.raises(Locked, match=told) as caught, build_lock(tmp_path):
            pytest.fail("two builds at once")
        assert caught.value.exit_code == EXIT_LOCKED
        assert str(tmp_path / ".lock") in str(caught.value)


def test_the_death_of_the_holder_releases_the_lock(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.kill()
        process.wait()
        with build_lock(tmp_path):
            assert (tmp_path / ".lock").read_text() == str(os.getpid())


def test_the_lock_is_free_after_use_and_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), build_lock(tmp_path):
        raise ZeroDivisionError
    with build_lock(tmp_path):
        pass
    with build_lock(tmp_path):
        pass


def test_a_lock_in_the_same_process_counts_too(tmp_path: Path) -> None:
    with build_lock(tmp_path), pytest.raises(Locked, match=str(os.getpid())), build_lock(tmp_path):
        pytest.fail("two builds at once")


def test_the_second_one_does_not_wait(tmp_path: Path) -> None:
    with build_lock(tmp_path):
        start = time.monotonic()
        with pytest.raises(Locked), build_lock(tmp_path):
            pytest.fail("two builds at once")
        assert time.monotonic() - start < 1


def test_the_folder_is_made_where_it_is_not(tmp_path: Path) -> None:
    with build_lock(tmp_path / "new" / "warehouse"):
        assert (tmp_path / "new" / "warehouse" / ".lock").exists()


def test_a_folder_that_cannot_be_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="FLEETSTATS_HOME"), build_lock(tmp_path / "file"):
        pytest.fail("a lock in a file")
