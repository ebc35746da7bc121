"""A PostgreSQL server that is cut, stopped, full, or busy while fleetstats builds and publishes on it."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time

import psycopg

from tests.faults.counts import Row
from tests.faults.scene import Scene
from tests.postgres_server import Server


def _begin(scene: Scene) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "fleetstats", "run", "--force"], env=scene.environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _end(scene: Scene, row: Row, process: subprocess.Popen[str], what: str) -> None:
    try:
        _, said = process.communicate(timeout=240)
        code = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        said, code = "", 999
    scene.judge(row, subprocess.CompletedProcess([], code, "", said), what)


def cut(scene: Scene, row: Row, tries: int, server: Server, database: str, dice: random.Random) -> None:
    """End or cancel every session of the database at a random instant."""
    for number in range(tries):
        how = dice.choice(["pg_terminate_backend", "pg_cancel_backend"])
        after = dice.uniform(1.0, 9.0)
        what = f"{how} after {after:.1f} s ({number})"
        process = _begin(scene)
        time.sleep(after)
        ended = process.poll() is not None
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as admin:
            admin.execute(
                f"select {how}(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()".encode(),
                [database],
            )
        _end(scene, row, process, what)
        row.tries += not ended
        scene.look(row, what)
        scene.recover(row, what, "run")


def busy(scene: Scene, row: Row, server: Server, database: str) -> None:
    """No connection left; a statement that may take no time; a reader that never ends; an analyst's locks."""
    superuser = server.dsn(database)
    settings = {
        "a short statement_timeout": (
            f"alter database {database} set statement_timeout = '30ms'",
            f"alter database {database} reset statement_timeout",
        ),
        "a short lock_timeout": (
            f"alter database {database} set lock_timeout = '1ms'",
            f"alter database {database} reset lock_timeout",
        ),
        "no connection": (
            f"alter database {database} connection limit 1",
            f"alter database {database} connection limit -1",
        ),
    }
    for what, (begin, end) in settings.items():
        row.tries += 1
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as admin:
            admin.execute(begin.encode())
            process = _begin(scene)
            _end(scene, row, process, what)
            admin.execute(end.encode())
        scene.look(row, what)
        scene.recover(row, what, "run", "--force")
    row.tries += 1
    with psycopg.connect(superuser) as reader:
        reader.execute("set role fleetstats_analyst")
        reader.execute("select count(*) from fleetstats.mileage_monthly")
        reader.execute("select pg_advisory_lock(439905248628), pg_advisory_lock(1)")
        done = scene.command("run", "--force")
        scene.judge(row, done, "an analyst's open transaction and locks")
        if done.returncode:
            row.bad("wrong", f"an analyst stopped a build: {done.stderr[-300:]}")
    scene.remember()


def readers(scene: Scene, row: Row, publications: int, how_many: int) -> None:
    """Readers ask through publications: each answer is of one publication that was made, and none fails."""
    stop = threading.Event()
    wrong: list[str] = []
    asked = [0]

    def read() -> None:
        while not stop.is_set():
            try:
                found = scene.content()
                asked[0] += 1
                if found not in scene.contents:
                    wrong.append("a content that was never published")
            except Exception as error:  # noqa: BLE001 - whatever it is, a reader met it
                wrong.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=read, daemon=True) for _ in range(how_many)]
    for thread in threads:
        thread.start()
    for number in range(publications):
        command = ("run", "--force") if number % 3 == 0 else ("rollback",)
        done = scene.command(*command)
        scene.judge(row, done, f"publication {number}")
    stop.set()
    for thread in threads:
        thread.join(60)
    row.tries += asked[0]
    for what in wrong:
        row.bad("mixed", what)
    row.notes = f"{how_many} readers, {publications} publications"
    scene.before = scene.runs()
