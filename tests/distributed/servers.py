"""PostgreSQL and Redis as a production would have them: on loopback, with passwords and roles of `deploy/`."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from scripts.airflow.components import Component, start
from scripts.airflow.environment import ROOT, free_port


class Missing(Exception):
    """The machine lacks something; the message says how to get it."""


@dataclass(frozen=True)
class Server:
    """A started server: its process, its port and its superuser's password."""

    component: Component
    port: int
    password: str


def need() -> Path:
    """The folder of PostgreSQL's programs; `Missing` if it or Redis is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found or shutil.which("redis-server") is None:
        raise Missing(
            "this test needs redis-server and PostgreSQL\n  to do:    apt-get install redis-server postgresql"
        )
    return found[-1].parent


def wait_for(what: str, answers: Callable[[], object], component: Component, seconds: float = 30) -> None:
    """Until the call raises nothing."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            answers()
        except (psycopg.OperationalError, redis.RedisError) as error:
            if time.monotonic() > deadline or component.ended() is not None:
                raise TimeoutError(f"{what} did not start\n{component.tail()}") from error
            time.sleep(0.1)
        else:
            return


def start_postgres(folder: Path, binaries: Path, password: str) -> Server:
    """A new cluster; it refuses to run as root, so root hands it to the user postgres."""
    folder.mkdir()
    secret = folder / "superuser"
    secret.write_text(password)
    prefix: list[str] = []
    if os.geteuid() == 0:
        prefix = ["runuser", "-u", "postgres", "--"]
        for path in (folder, secret):
            shutil.chown(path, "postgres")
    options = [
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        f"--pwfile={secret}",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]
    subprocess.run(
        [*prefix, str(binaries / "initdb"), "-D", f"{folder}/data", *options],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    port = free_port(15432)
    command = [str(binaries / "postgres"), "-D", f"{folder}/data", "-p", str(port), "-k", str(folder)]
    component = start(
        "postgresql", [*prefix, *command], os.environ, folder.parent / "logs" / "postgresql.log"
    )
    server = Server(component, port, password)
    wait_for("PostgreSQL", lambda: superuser(server).close(), component)
    return server


def superuser(server: Server, database: str = "postgres") -> psycopg.Connection:
    """A connection that may do everything."""
    return psycopg.connect(
        host="127.0.0.1",
        port=server.port,
        user="postgres",
        password=server.password,
        dbname=database,
        autocommit=True,
    )


def make_roles(server: Server, passwords: dict[str, str]) -> None:
    """What `deploy/roles.sql` makes, with passwords."""
    with superuser(server) as connection:
        lines = (ROOT / "deploy" / "roles.sql").read_text("utf-8").splitlines()
        for statement in "\n".join(line.partition("--")[0] for line in lines).split(";"):
            if statement.strip():
                connection.execute(statement.encode())
        for role, password in passwords.items():
            connection.execute(
                sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(password))
            )


def start_redis(folder: Path, password: str) -> Server:
    """A broker that keeps nothing on disk."""
    folder.mkdir()
    port = free_port(16379)
    settings = folder / "redis.conf"
    settings.write_text(
        f"port {port}\nbind 127.0.0.1\nrequirepass {password}\nsave ''\nappendonly no\ndir {folder}\n"
    )
    component = start(
        "redis", ["redis-server", str(settings)], os.environ, folder.parent / "logs" / "redis.log"
    )
    client = redis.Redis(host="127.0.0.1", port=port, password=password)
    wait_for("Redis", client.ping, component)
    return Server(component, port, password)
