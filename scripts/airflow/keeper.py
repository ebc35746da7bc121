"""Runs one command, and ends everything that it started when it ends, or when whoever asked for it dies.

    keeper.py PARENT GRACE COMMAND [ARGUMENT ...]

Airflow's components start processes in groups of their own, which outlive a component that is killed. A keeper is
the parent that such orphans fall back to (a subreaper), so that it finds and ends them all. SIGTERM, or the death
of the process PARENT, ends the command: SIGTERM to the command alone, GRACE seconds later SIGKILL to all of them.
Linux; standard library only, to be small.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

_SET_PDEATHSIG, _SET_CHILD_SUBREAPER = 1, 36
_LIBC = ctypes.CDLL(None, use_errno=True)
_ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def become_subreaper() -> None:
    """From now on, orphans among this process's descendants become its children."""
    _LIBC.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with(parent: int, what: signal.Signals) -> None:
    """Get this signal when the parent dies, or now if it has."""
    _LIBC.prctl(_SET_PDEATHSIG, int(what), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), what)


def descendants(of: int) -> Iterator[int]:
    """Every living process below this one, parents first."""
    children = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            if fields[0] != "Z":
                children[int(fields[1])].append(int(entry.name))
    found = [of]
    for process in found:
        found += children[process]
        if process != of:
            yield process


def end_descendants() -> None:
    """SIGKILL to all that is below this process, until nothing is."""
    while remaining := list(descendants(os.getpid())):
        for process in remaining:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        _reap()
        time.sleep(0.01)


def _reap() -> dict[int, int]:
    ended: dict[int, int] = {}
    try:
        while True:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return ended
            ended[process] = os.waitstatus_to_exitcode(status)
    except ChildProcessError:
        return ended


def keep(parent: int, grace: float, command: list[str]) -> int:
    """Run the command to its end; its exit code, negative if a signal ended it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [*_ENDING, signal.SIGCHLD])
    become_subreaper()
    die_with(parent, signal.SIGTERM)
    me = os.getpid()

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        die_with(me, signal.SIGTERM)

    # One thread only, so that it is safe to run Python between fork and exec
    child = subprocess.Popen(command, start_new_session=True, preexec_fn=prepare).pid  # noqa: PLW1509, S603
    deadline: float | None = None
    while True:
        got = signal.sigtimedwait([*_ENDING, signal.SIGCHLD], 0.5)
        code = _reap().get(child)
        if code is not None or (deadline is not None and time.monotonic() > deadline):
            end_descendants()
            return 0 if deadline is not None else code or 0
        if got is not None and got.si_signo in _ENDING and deadline is None:
            deadline = time.monotonic() + grace
            os.kill(child, signal.SIGTERM)


if __name__ == "__main__":
    code = keep(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
    sys.exit(code if code >= 0 else 128 - code)
