"""Airflow's components as child processes, each with a keeper and a log file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.airflow import keeper

GRACE = 10.0
"""Seconds that a component has to end by itself."""

LOCAL: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server", "--workers", "1"),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
"""The API server reads the logs from the folder, so nothing needs to serve them, on no port and on no interface."""


class ComponentDied(Exception):
    """A component ended that should not have; the message has the end of its log."""


@dataclass
class Component:
    """A running command, its keeper and its log."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    def ended(self) -> int | None:
        """The exit code of the command, or None while it runs."""
        return self.process.poll()

    def tail(self, lines: int = 20) -> str:
        """The last lines of the log."""
        with self.log.open(encoding="utf-8", errors="replace") as text:
            return "".join(deque(text, lines)).rstrip()

    def memory(self) -> int:
        """Resident bytes of all its processes; pages that are shared count in each of them."""
        pages = 0
        for process in keeper.descendants(self.process.pid):
            try:
                pages += int(Path(f"/proc/{process}/statm").read_text().split()[1])
            except OSError:  # it has just ended
                continue
        return pages * os.sysconf("SC_PAGE_SIZE")


def airflow(*arguments: str) -> list[str]:
    """The `airflow` command of this interpreter's environment."""
    return [sys.executable, "-m", "airflow", *arguments]


def start(
    name: str, command: Sequence[str], environment: Mapping[str, str], log: Path, hold: Sequence[int] = ()
) -> Component:
    """Start a command under a keeper; `hold` are descriptors that stay open as long as the keeper lives."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    keep = [sys.executable, "-IS", keeper.__file__, str(os.getpid()), str(GRACE)]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the caller's own command
            [*keep, *command],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C on the terminal is for us alone
            pass_fds=tuple(hold),
        )
    return Component(name, log, process)


def check(components: Sequence[Component]) -> None:
    """Raise `ComponentDied` if one of them has ended."""
    for component in components:
        code = component.ended()
        if code is not None:
            raise ComponentDied(
                f"{component.name} ended with exit code {code}; the last lines of {component.log}:\n"
                f"{component.tail()}"
            )


def stop(components: Sequence[Component]) -> None:
    """End them all, and everything that they started; the first one last, since the others report to it."""
    for group in (components[1:], components[:1]):
        for component in group:
            if component.ended() is None:
                component.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE + 5
        for component in group:
            try:
                component.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                component.process.kill()
                component.process.wait()
    keeper.end_descendants()  # what a keeper that was killed has left to us
