"""Homes for tests: made once for the whole run, whichever worker asks first, and copied for tests that change them."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from pydantic import SecretStr

from fleetstats.core.files import write_atomically
from fleetstats.core.locks import exclusive, lock_file
from fleetstats.core.sealed import read_sealed, write_sealed
from fleetstats.core.settings import Settings
from fleetstats.pipeline.build import Outcome, run
from fleetstats.warehouse.base import State
from fleetstats.warehouse.duckdb.reader import open_reader
from fleetstats.warehouse.setup import prepare_server
from tests.postgres_server import Server

PATIENCE = 1200
"""Seconds after which a command is taken for hung: many times what it takes on a loaded machine."""

T = TypeVar("T")
_MADE = "made.pickle"
TEMPLATE = "published"
_COPIES = count(1)


def once(request: pytest.FixtureRequest, name: str, make: Callable[[Path], T]) -> T:
    """What `make` returned of a folder that it filled; it is called once, though several workers may ask.

    The folder and the answer are shared: a test that changes something takes a copy.
    """
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    root = factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        root = root.parent
    folder = root / f"shared-{name}"
    with exclusive(lock_file(root / f"shared-{name}.lock"), busy=None):
        if not (folder / _MADE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            write_atomically(folder / _MADE, pickle.dumps(make(folder)))
        made: T = pickle.loads((folder / _MADE).read_bytes())
    return made


def copy_of(home: Path, to: Path, **settings: Any) -> Settings:
    """A home of one's own with the same publication, ledgers and cache: nothing has to be built again in it.

    The note beside a published file is of that very file, so the copy gets a note of its own.
    """
    shutil.copytree(home, to, copy_function=shutil.copy2, symlinks=True)
    copied = Settings(home=to, **{"originals": None, **settings})
    noted_anew(copied.published)
    return copied


def noted_anew(published: Path) -> None:
    """Let a copy of a published file be the one that its note is of."""
    file = published.resolve()
    note, stat = file.with_suffix(".json"), file.stat()
    write_sealed(note, {**read_sealed(note), "file": [stat.st_size, stat.st_mtime_ns, stat.st_ino]})


def taken_for_published(published: Path) -> None:
    """Let a file that a test has written to be what was published: with a note that says what it holds."""
    with open_reader(published) as reader:
        content = {name: reader.content(name) for name in reader.tables()}
        [row] = reader.query("select * from publication order by published_at desc limit 1").to_pylist()
    rows = {name: found.rows for name, found in content.items()}
    state = State(
        row["publication_id"], row["run_id"], row["fingerprint"], row["published_at"].isoformat(), rows, []
    )
    write_sealed(published.resolve().with_suffix(".json"), state.with_content(content).as_dict())
    noted_anew(published)


@dataclass(frozen=True)
class OnServer:
    """A publication on a PostgreSQL server, to make copies of; `prepared` is what `fleetstats init` said it did."""

    server: Server
    home: Path
    outcome: Outcome
    prepared: list[str]

    def copy(self, to: Path, database: str | None = None) -> Settings:
        """A home and a database of one's own with the same publication."""
        name = database or f"copy_{next(_COPIES)}"
        shutil.copytree(self.home, to, copy_function=shutil.copy2, symlinks=True)
        with psycopg.connect(self.server.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name} template {TEMPLATE}".encode())
        prepare_server(self.server.url(name))  # what is granted on a database is not copied with it
        return Settings(home=to, originals=None, warehouse_url=SecretStr(self.server.url(name)))


def publish_on(server: Server, home: Path, cache: Path) -> OnServer:
    """Prepare a database of the server and publish to it what the repository ships, with a cache of staged filings."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {TEMPLATE}".encode())
    url = server.url(TEMPLATE)
    prepared = prepare_server(url)
    shutil.copytree(cache, home / "cache")
    outcome = run(Settings(home=home, originals=None, warehouse_url=SecretStr(url)))
    return OnServer(server, home, outcome, prepared)
