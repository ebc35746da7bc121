"""The environment that Airflow runs in: the one place where it is put together.

`deploy/airflow.env` has what is the same everywhere. To it, `local` adds what `make airflow` needs; production adds
`deploy/fleetstats.env.example`, as filled in, and so does `make test-distributed`.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMON = ROOT / "deploy" / "airflow.env"
DAGS = ROOT / "dags"


def read_env_file(path: Path) -> dict[str, str]:
    """`NAME=value` lines, as systemd's `EnvironmentFile=` reads them; comments and empty lines are skipped."""
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment, but for another Airflow's home and for a password prompt's leftovers."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("AIRFLOW", "_AIRFLOW"))}
    kept["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ.get('PATH', os.defpath)}"
    return kept


def local(environ: Mapping[str, str], home: Path, folder: Path, port: int) -> dict[str, str]:
    """Airflow for one person on one machine: SQLite, loopback only, no login page.

    The caller's own `AIRFLOW__…` settings stand over these, but for the database, the addresses and the
    secrets, which are this Airflow's own.
    """
    address = f"http://127.0.0.1:{port}"
    defaults = read_env_file(COMMON) | {
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "6",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
    }
    ours = {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(32),
        "FLEETSTATS_HOME": str(home),
    }
    settings = {name: value for name, value in environ.items() if name.startswith("AIRFLOW__")}
    return inherited(environ) | defaults | settings | ours


def free_port(wanted: int, *, attempts: int = 20) -> int:
    """The wanted port on loopback, or the next one that nobody listens on."""
    for port in range(wanted, wanted + attempts):
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether this port can be listened on, on loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
