"""The command line in processes of its own: forks of one that has loaded the libraries, which cost most of a start."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.homes import PATIENCE

_LOADED = (
    "duckdb",
    "great_expectations",
    "pandas",
    "pyarrow.csv",
    "pyarrow.parquet",
    "scipy.special",
    "statsmodels.api",
    "fleetstats.cli.app",
    "fleetstats.ingest.land",
    "fleetstats.pipeline.build",
    "fleetstats.quality.auditor",
    "tests.commands",
)

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(list(_LOADED))


def fleetstats(
    *arguments: object, environment: Mapping[str, str], folder: Path | None = None, code: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `fleetstats` with these arguments, or `code` in its place, in this environment and no other.

    What it prints goes to files, as that of a nightly run does. An end by a signal is a negative code.
    """
    words = [str(argument) for argument in arguments]
    with tempfile.TemporaryDirectory(prefix="fleetstats-command-") as place:
        out, err = Path(place, "out"), Path(place, "err")
        # Whatever the test's own process has set is not a command's
        given = {k: v for k, v in environment.items() if not k.startswith(("COV_", "PYTEST_"))}
        process = _processes.Process(target=_be, args=(words, given, folder, code, out, err))
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["fleetstats", *words], PATIENCE)
        return subprocess.CompletedProcess(
            ["fleetstats", *words],
            process.exitcode,
            *(path.read_text(encoding="utf-8") for path in (out, err)),
        )


def _be(
    arguments: list[str],
    environment: dict[str, str],
    folder: Path | None,
    code: str | None,
    out: Path,
    err: Path,
) -> None:
    """Become the command: its streams, environment, folder and arguments."""
    with Path(os.devnull).open("rb") as nothing, out.open("wb") as printed, err.open("wb") as said:
        for number, file in enumerate((nothing, printed, said)):
            os.dup2(file.fileno(), number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
    os.environ.clear()
    os.environ.update(environment)
    if folder is not None:
        os.chdir(folder)
    sys.argv = ["fleetstats", *arguments]
    if code is not None:
        exec(compile(code, "<code of a test>", "exec"), {"__name__": "__main__"})
        return
    from fleetstats.__main__ import main

    main()
