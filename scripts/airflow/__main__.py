"""A local Airflow with the checkout's DAGs, for one person: `make airflow`.

    python -m scripts.airflow [--port PORT] [--no-first-run]

Starts API server, scheduler, DAG processor and triggerer, on loopback only, with metadata in SQLite under
$FLEETSTATS_HOME/airflow. In a new home it runs `fleetstats_nightly` once. Ctrl-C or SIGTERM ends them all; so does
the death of any of them, and of this process.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from scripts.airflow.components import LOCAL, Component, ComponentDied, airflow, check, start, stop
from scripts.airflow.environment import DAGS, free_port, is_free, local
from scripts.airflow.keeper import become_subreaper
from scripts.airflow.rest import Api, seconds_between

NIGHTLY = "fleetstats_nightly"
_EXIT_DIED, _EXIT_CONFIGURATION, _EXIT_RUNNING = 1, 5, 6
_PATIENCE = 180.0


class Stopped(Exception):
    """Somebody asked for the end."""


class NotPossible(Exception):
    """It cannot be started like this; the message says what to do."""

    def __init__(self, message: str, exit_code: int = _EXIT_CONFIGURATION) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Screen:
    """What the person sees: lines that stay, and on a terminal one that changes while we wait."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._started = time.monotonic()
        self._waiting = ""
        self._next = 0.0

    def say(self, text: str) -> None:
        """A line that stays."""
        self._clear()
        self._out.write(f"{text}\n")
        self._out.flush()

    def wait(self, text: str) -> None:
        """What is being waited for. Elsewhere than on a terminal: a line when it changes, every ten seconds."""
        if not self._out.isatty():
            if text != self._waiting and self.seconds >= self._next:
                self._next = self.seconds + 10
                self._out.write(f"[{self.seconds:4.0f} s] {text}\n")
                self._out.flush()
        else:
            self._clear()
            self._out.write(f"[{self.seconds:4.0f} s] {text}")
            self._out.flush()
        self._waiting = text

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._started

    def _clear(self) -> None:
        if self._out.isatty():
            self._out.write("\r\x1b[K")


@contextmanager
def _alone(folder: Path) -> Iterator[int]:
    """Hold the lock of this home, until the last of our processes has ended."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "running"
    descriptor = os.open(note, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotPossible(_already(folder, note.read_text().split()), _EXIT_RUNNING) from None
        os.ftruncate(descriptor, 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _already(folder: Path, found: list[str]) -> str:
    if len(found) == 2 and Path("/proc", found[0]).exists():
        return (
            f"Airflow is running here already: {found[1]} (process {found[0]})\n"
            f"  where:    {folder}\n"
            f"  to do:    open it; or end it with Ctrl-C where it runs, or with kill {found[0]}"
        )
    return f"Airflow is just starting or ending here\n  where:    {folder}\n  to do:    try again in a few seconds"


def _note(descriptor: int, address: str) -> None:
    os.pwrite(descriptor, f"{os.getpid()} {address}\n".encode(), 0)


def _choose_port(asked: int | None) -> int:
    if asked is None:
        return free_port(8080)
    if not is_free(asked):
        raise NotPossible(f"port {asked} is taken\n  to do:    choose another, or none for the next free one")
    return asked


def _migrate(environment: dict[str, str], log: Path, screen: Screen) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            airflow("db", "migrate"), env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            while process.poll() is None:
                screen.wait("preparing the metadata database")
                time.sleep(0.5)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise ComponentDied(
            f"airflow db migrate ended with exit code {process.returncode}; the end of {log}:\n"
            + "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])
        )


def _wait_until_healthy(api: Api, components: list[Component], screen: Screen) -> None:
    started, deadline = datetime.now(UTC), time.monotonic() + _PATIENCE
    while True:
        check(components)
        health = api.healthy_since(started)
        missing = [name for name, alive in health.items() if not alive]
        if not missing:
            return
        if time.monotonic() > deadline:
            raise ComponentDied(
                f"{', '.join(missing)} did not come up within {_PATIENCE:.0f} s; "
                f"see {components[0].log.parent}"
            )
        screen.wait(f"waiting for {', '.join(missing)}")
        time.sleep(0.5)


def _first_run(api: Api, components: list[Component], screen: Screen) -> None:
    """See the nightly DAG through its first run; start one if Airflow has not by itself."""
    deadline = time.monotonic() + _PATIENCE
    while (dag := api.get(f"dags/{NIGHTLY}")) is None or dag.get("is_stale"):
        check(components)
        screen.wait(f"waiting for the DAG {NIGHTLY}")
        if time.monotonic() > deadline:
            _say_import_errors(api, screen)
            screen.say(f"{NIGHTLY} has not appeared; DAGs are read from {DAGS}")
            return
        time.sleep(0.5)
    patience, run = time.monotonic() + 3, None
    while (run := _latest(api)) is None and time.monotonic() < patience:
        check(components)
        time.sleep(0.5)
    if run is not None and run["state"] == "success":
        return
    run_id = run["dag_run_id"] if run else _trigger(api)
    while run is None or run["state"] in {"queued", "running"}:
        check(components)
        screen.wait(f"{NIGHTLY}: {_progress(api, run_id)}")
        time.sleep(1)
        run = api.get(f"dags/{NIGHTLY}/dagRuns/{run_id}")
    took = seconds_between(run["start_date"], run["end_date"])
    where = f"{api.address}/dags/{NIGHTLY}/runs/{run_id}"
    if run["state"] == "success":
        screen.say(
            f"{NIGHTLY} is green: {took:.0f} s, {_progress(api, run_id)}; {screen.seconds:.0f} s after the start"
        )
    else:
        screen.say(f"{NIGHTLY} failed after {took:.0f} s: {where}")


def _latest(api: Api) -> Any:
    answer = api.get(f"dags/{NIGHTLY}/dagRuns?order_by=-run_after&limit=1")
    return answer["dag_runs"][0] if answer and answer["dag_runs"] else None


def _trigger(api: Api) -> str:
    answer = api.post(
        f"dags/{NIGHTLY}/dagRuns", {"logical_date": None, "note": "the first run, by make airflow"}
    )
    return str(answer["dag_run_id"])


def _progress(api: Api, run_id: str) -> str:
    answer = api.get(f"dags/{NIGHTLY}/dagRuns/{run_id}/taskInstances?limit=500")
    instances = answer["task_instances"] if answer else []
    states = Counter(instance["state"] for instance in instances)
    done = states["success"] + states["skipped"]
    now = dict.fromkeys(instance["task_id"] for instance in instances if instance["state"] == "running")
    failed = f", {states['failed']} failed" if states["failed"] else ""
    at = f", at {', '.join(now)}" if now else ""
    return f"{done} of {len(instances)} tasks done{failed}{at}"


def _say_import_errors(api: Api, screen: Screen) -> None:
    answer = api.get("importErrors?limit=20")
    for error in answer["import_errors"] if answer else []:
        screen.say(f"DAG file with an error: {error['filename']}\n{error['stack_trace'].rstrip()}")


def _serve(arguments: argparse.Namespace, screen: Screen) -> None:
    home = Path(os.environ.get("FLEETSTATS_HOME") or Path.cwd()).expanduser().resolve()
    folder = home / "airflow"
    with _alone(folder) as lock:
        port = _choose_port(arguments.port)
        api = Api(f"http://127.0.0.1:{port}")
        _note(lock, api.address)
        environment = local(os.environ, home, folder, port)
        logs = folder / "logs" / "components"
        components: list[Component] = []
        _migrate(environment, logs / "migrate.log", screen)
        try:
            for name, command in LOCAL.items():
                components.append(
                    start(name, airflow(*command), environment, logs / f"{name}.log", hold=(lock,))
                )
            _wait_until_healthy(api, components, screen)
            screen.say(
                f"Airflow is at {api.address} (after {screen.seconds:.0f} s). No login; this machine only.\n"
                f"  home:  {home}\n"
                f"  logs:  {logs}\n"
                "  stop:  Ctrl-C"
            )
            if arguments.first_run:
                _first_run(api, components, screen)
            _say_import_errors(api, screen)
            while True:
                check(components)
                time.sleep(1)
        finally:
            _ignore_signals()
            screen.say("Ending Airflow …")
            stop(components)


def _raise_stopped(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def main() -> int:
    """Run until somebody ends it; the exit code."""
    parser = argparse.ArgumentParser(prog="make airflow ARGS=…", description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, help="of the address (default: the first free one from 8080)")
    parser.add_argument(
        "--no-first-run", dest="first_run", action="store_false", help=f"do not run {NIGHTLY} in a new home"
    )
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_stopped)
    become_subreaper()
    screen = Screen(sys.stdout)
    try:
        _serve(arguments, screen)
    except Stopped:
        screen.say("Airflow has ended.")
        return 0
    except NotPossible as error:
        screen.say(f"error: {error}")
        return error.exit_code
    except ComponentDied as error:
        screen.say(f"error: {error}")
        return _EXIT_DIED
    return 0


if __name__ == "__main__":
    sys.exit(main())
