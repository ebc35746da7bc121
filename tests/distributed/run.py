"""Kills a Celery worker in the middle of the nightly run: `make test-distributed`.

    python -m tests.distributed.run [--task stage] [--separate-homes] [--keep]

Redis, PostgreSQL, API server, scheduler, DAG processor and two workers, set up from the files of `deploy/`. When
Airflow says that a task runs on the first worker, its processes are frozen; if Airflow still says so, the task is
in the middle, and they are killed (SIGKILL). The run has to end green, with one publication, and with the task
done by the other worker. Needs redis-server and PostgreSQL; takes two to three minutes. Not part of CI.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from scripts.airflow.components import Component, ComponentDied, airflow, check, start, stop
from scripts.airflow.environment import COMMON, DAGS, ROOT, free_port, inherited, read_env_file
from scripts.airflow.keeper import become_subreaper, descendants
from scripts.airflow.rest import Api
from tests.distributed import servers

NIGHTLY = "fleetstats_nightly"
WORKERS = ("worker-1", "worker-2")
NEVER = "0 0 29 2 *"
QUICK = {
    # A dead task is noticed after seconds, not after five minutes
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    # ... and so is a task that the dead worker had taken, but not begun
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    # Nothing but the run that the test asks for
    "FLEETSTATS_FETCH_SCHEDULE": NEVER,
    "FLEETSTATS_NIGHTLY_SCHEDULE": NEVER,
}
_PATIENCE = 420.0


class Deployment:
    """Everything that runs, and where."""

    def __init__(self, folder: Path, *, separate_homes: bool) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.logs = folder / "logs"
        self._separate_homes = separate_homes
        self.components: list[Component] = []
        self._started = time.monotonic()

    def say(self, text: str) -> None:
        """A line with its time."""
        print(f"[{time.monotonic() - self._started:5.1f} s] {text}", flush=True)

    def start(self) -> Api:
        """Start it all; the API once everything is healthy."""
        binaries = servers.need()
        words = {
            name: secrets.token_urlsafe(16) for name in ("airflow", "airflow_results", "fleetstats_nightly")
        }
        self.database = servers.start_postgres(self.folder / "postgres", binaries, secrets.token_urlsafe(16))
        self.components.append(self.database.component)
        servers.make_roles(self.database, words)
        broker = servers.start_redis(self.folder / "redis", secrets.token_urlsafe(16))
        self.components.append(broker.component)
        self.say(f"PostgreSQL and Redis are up, in {self.folder}")

        port = free_port(18080)
        replaced = {
            "AIRFLOW_PASSWORD": words["airflow"],
            "RESULTS_PASSWORD": words["airflow_results"],
            "WAREHOUSE_PASSWORD": words["fleetstats_nightly"],
            "REDIS_PASSWORD": broker.password,
            ":5432/": f":{self.database.port}/",
            ":6379/": f":{broker.port}/",
            "127.0.0.1:8080": f"127.0.0.1:{port}",
            "/var/lib/fleetstats/home": str(self.home),
            "/var/lib/fleetstats": str(self.folder),
            "/opt/fleetstats/dags": str(DAGS),
        } | {f"RANDOM_{number}": secrets.token_urlsafe(32)[:43] + "=" for number in (1, 2, 3)}
        common = {
            **inherited(os.environ),
            **read_env_file(COMMON),
            **_filled("fleetstats.env.example", replaced),
            **QUICK,
            "AIRFLOW__API__PORT": str(port),
        }
        for name in ("FLEETSTATS_ORIGINALS", "FLEETSTATS_WAREHOUSE_URL", "FLEETSTATS_NOTIFY_URL"):
            common.pop(name, None)
        self.control = common | _filled("control.env.example", replaced)
        self.worker = common | _filled("worker.env.example", replaced)
        for environment in (self.control, self.worker):
            environment.pop("FLEETSTATS_NOTIFY_URL")  # the example's address is nobody's
        self._prepare_warehouse()
        passwords = Path(common["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
        subprocess.run(
            airflow("db", "migrate"),
            env=self.control,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.say("metadata migrated, warehouse prepared")
        for name, command in {
            "api-server": ("api-server", "--workers", "1"),
            "scheduler": ("scheduler",),
            "dag-processor": ("dag-processor",),
            "triggerer": ("triggerer", "--skip-serve-logs"),
        }.items():
            self._start(name, airflow(*command), self.control)
        for name in WORKERS:
            self._start_worker(name)
        api = Api(f"http://127.0.0.1:{port}")
        began = datetime.now(UTC)
        self._wait(lambda: all(api.healthy_since(began).values()), "Airflow to be healthy")
        api.credentials = ("admin", json.loads(passwords.read_text())["admin"])
        self._wait(lambda: all(f"{name} ready" in self._log(name) for name in WORKERS), "the workers")
        self._wait(lambda: api.get(f"dags/{NIGHTLY}"), f"the DAG {NIGHTLY}")
        self.say(f"Airflow, {' and '.join(WORKERS)} are up")
        return api

    def _prepare_warehouse(self) -> None:
        url = f"postgresql+psycopg://postgres:{self.database.password}@127.0.0.1:{self.database.port}/fleetstats"
        subprocess.run(
            [sys.executable, "-m", "fleetstats", "init"],
            env=self.control | {"FLEETSTATS_WAREHOUSE_URL": url},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with servers.superuser(self.database, "fleetstats") as connection:
            connection.execute("grant fleetstats_loader to fleetstats_nightly")

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.components.append(start(name, command, environment, self.logs / f"{name}.log"))

    def _start_worker(self, name: str) -> None:
        command = airflow(
            "celery",
            "worker",
            "--celery-hostname",
            name,
            "--skip-serve-logs",
            "--pid",
            f"{self.folder}/{name}.pid",
        )
        extra = {
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "tests.distributed.worker_name.name",
            "FLEETSTATS_TEST_WORKER": name,
            "PYTHONPATH": str(ROOT),
        }
        if self._separate_homes:
            extra["FLEETSTATS_HOME"] = str(self.home / name)
        self._start(name, command, self.worker | extra)

    def _wait(self, done: Any, what: str) -> None:
        deadline = time.monotonic() + 120
        while not done():
            check(self.components)
            if time.monotonic() > deadline:
                raise ComponentDied(f"waited in vain for {what}; logs: {self.logs}")
            time.sleep(0.5)

    def _log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text("utf-8", "replace")

    def lines(self, name: str, pattern: str) -> list[str]:
        """Lines of a component's log: when, what, and which task instance."""
        found = [line for line in self._log(name).splitlines() if re.search(pattern, line)]
        parts = [re.findall(r"\b((?:task_id|map_index|try_number)=)'?([\w-]+)", line) for line in found]
        return [
            f"{name}: {line.partition(': ')[0][:120]}: {' '.join(dict.fromkeys(map(''.join, which)))}"
            for line, which in zip(found, parts, strict=True)
        ]

    def metadata(self) -> psycopg.Connection:
        """Airflow's own database, to look at."""
        return servers.superuser(self.database, "airflow")

    def component(self, name: str) -> Component:
        """A running component by its name."""
        return next(one for one in self.components if one.name == name)


def _filled(example: str, replaced: dict[str, str]) -> dict[str, str]:
    found = read_env_file(ROOT / "deploy" / example)
    for old, new in replaced.items():
        found = {name: value.replace(old, new) for name, value in found.items()}
    return found


def freeze(component: Component) -> list[int]:
    """SIGSTOP to everything below the keeper, until nothing new appears."""
    frozen: list[int] = []
    while new := [pid for pid in descendants(component.process.pid) if pid not in frozen]:
        for pid in new:
            os.kill(pid, signal.SIGSTOP)
        frozen += new
    return frozen


def signal_all(pids: list[int], what: signal.Signals) -> None:
    """The signal to each that is still there."""
    for pid in pids:
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            continue


def kill_in_the_middle(deployment: Deployment, task: str) -> tuple[str, int]:
    """Kill the worker that runs an instance of the task; the worker's name and the instance's map index."""
    deadline = time.monotonic() + 180
    running = (
        "select map_index, hostname, id from task_instance "
        "where dag_id = %s and task_id = %s and state = 'running' and hostname = any(%s)"
    )
    with deployment.metadata() as connection:
        while time.monotonic() < deadline:
            found = connection.execute(running, (NIGHTLY, task, list(WORKERS))).fetchone()
            if found is None:
                check(deployment.components)
                time.sleep(0.02)
                continue
            index, name, instance = found
            frozen = freeze(deployment.component(name))
            time.sleep(0.2)
            again = connection.execute(
                running + " and id = %s", (NIGHTLY, task, list(WORKERS), instance)
            ).fetchone()
            if again is None:  # it was just done
                signal_all(frozen, signal.SIGCONT)
                continue
            deployment.say(f"{task} [{index}] runs on {name}: SIGKILL to its {len(frozen)} processes")
            victim = deployment.component(name)
            deployment.components.remove(victim)
            signal_all(frozen, signal.SIGKILL)
            victim.process.wait(20)
            return str(name), int(index)
    raise AssertionError(f"no instance of {task} was seen running within 180 s")


def attempts(deployment: Deployment, task: str, index: int) -> list[tuple[int, str, str]]:
    """Number, worker and end of every attempt of a task instance."""
    columns = "try_number, hostname, state"
    where = "where dag_id = %s and task_id = %s and map_index = %s"
    with deployment.metadata() as connection:
        return [
            (int(n), str(host), str(state))
            for n, host, state in connection.execute(
                f"select {columns} from task_instance_history {where} "
                f"union select {columns} from task_instance {where} order by 1",
                (NIGHTLY, task, index) * 2,
            )
        ]


def publications(deployment: Deployment) -> list[tuple[Any, ...]]:
    """The ledger's lines."""
    with servers.superuser(deployment.database, "fleetstats") as connection:
        return connection.execute(
            "select publication_id, run_id, published_at from fleetstats_ledger.publication order by published_at"
        ).fetchall()


def play(deployment: Deployment, task: str) -> None:
    """The whole story; raises `AssertionError` where it ends otherwise than it should."""
    api = deployment.start()
    for component in deployment.components:
        deployment.say(f"memory: {component.name:<14} {component.memory() / 1e6:6.0f} MB")
    run_id = api.post(f"dags/{NIGHTLY}/dagRuns", {"logical_date": None})["dag_run_id"]
    deployment.say(f"run {run_id} asked for")
    victim, index = kill_in_the_middle(deployment, task)
    killed = time.monotonic()
    deadline = time.monotonic() + _PATIENCE
    while (run := api.get(f"dags/{NIGHTLY}/dagRuns/{run_id}"))["state"] in {"queued", "running"}:
        check(deployment.components)
        assert time.monotonic() < deadline, f"the run has not ended within {_PATIENCE:.0f} s"
        time.sleep(1)
    deployment.say(f"the run ended {run['state']}, {time.monotonic() - killed:.0f} s after the kill")
    (survivor,) = set(WORKERS) - {victim}
    tries = attempts(deployment, task, index)
    for number, host, state in tries:
        deployment.say(f"{task} [{index}], attempt {number}: on {host}, {state}")
    ledger = publications(deployment)
    for line in ledger:
        deployment.say(f"ledger: {line[0]} by {line[1]} at {line[2]:%H:%M:%S}")
    for said in (
        *deployment.lines("scheduler", "Detected a task instance without a heartbeat"),
        *deployment.lines(survivor, f"Executing workload.*task_id='{task}'.*try_number=2"),
    ):
        deployment.say(said)
    for component in deployment.components:
        deployment.say(f"memory: {component.name:<14} {component.memory() / 1e6:6.0f} MB")
    assert run["state"] == "success", f"the run ended {run['state']}"
    assert len(ledger) == 1, f"{len(ledger)} publications"
    assert tries[-1][1:] == (survivor, "success"), f"the task did not move: {tries}"
    assert len(tries) > 1, "the task was not tried again"
    assert tries[0][1] == victim, f"the first attempt was elsewhere: {tries}"
    deployment.say("passed: green, one publication, and the killed task was done by the other worker")


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(
        prog="make test-distributed ARGS=…", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument(
        "--task", default="stage", help="the task in whose middle a worker is killed (default: stage)"
    )
    parser.add_argument("--keep", action="store_true", help="leave the logs when it passed")
    parser.add_argument(
        "--separate-homes", action="store_true", help="the workers do not share a FLEETSTATS_HOME"
    )
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    become_subreaper()
    folder = Path(tempfile.mkdtemp(prefix="fleet-"))
    folder.chmod(0o755)
    deployment, passed = Deployment(folder, separate_homes=arguments.separate_homes), False
    try:
        play(deployment, arguments.task)
        passed = True
    except (AssertionError, ComponentDied, servers.Missing, TimeoutError) as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    finally:
        stop(deployment.components[::-1])
        if passed and not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"logs: {deployment.logs}", file=sys.stderr)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
