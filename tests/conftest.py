"""What all tests share: the publishers' files, where they are, and two published warehouses."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fleetstats.core.settings import Settings
from fleetstats.pipeline.build import Outcome, run
from tests.homes import OnServer, copy_of, once, publish_on
from tests.postgres_server import Server, running_server
from tests.published_file import query


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-pictures",
        action="store_true",
        help="keep what charts look like now as what they should look like",
    )


Query = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def originals() -> Path:
    """The folder of the publishers' files; tests that need it say so where it is absent."""
    folder = os.environ.get("FLEETSTATS_ORIGINALS")
    if not folder:
        pytest.skip("the publishers' files are not here: set FLEETSTATS_ORIGINALS to their folder")
    return Path(folder)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server of this worker's own; tests make databases of their own in it."""
    with running_server() as running:
        yield running


@pytest.fixture(scope="session")
def from_digests(request: pytest.FixtureRequest) -> tuple[Settings, Outcome]:
    """A warehouse published from what the repository ships; not to be changed."""

    def make(folder: Path) -> tuple[Path, Outcome]:
        (folder / "home").mkdir()
        return folder / "home", run(Settings(home=folder / "home", originals=None))

    home, outcome = once(request, "digests", make)
    return Settings(home=home, originals=None), outcome


@pytest.fixture(scope="session")
def on_server(
    server: Server, from_digests: tuple[Settings, Outcome], tmp_path_factory: pytest.TempPathFactory
) -> OnServer:
    """A publication on this worker's server, from what the repository ships; tests take copies of it."""
    return publish_on(server, tmp_path_factory.mktemp("on-server"), from_digests[0].cache)


@pytest.fixture(scope="session")
def from_originals(originals: Path, request: pytest.FixtureRequest) -> tuple[Settings, Outcome]:
    """A warehouse published from the publishers' own files; not to be changed."""

    def make(folder: Path) -> tuple[Path, Outcome]:
        (folder / "home").mkdir()
        return folder / "home", run(Settings(home=folder / "home", originals=originals))

    home, outcome = once(request, "originals", make)
    return Settings(home=home, originals=originals), outcome


@pytest.fixture
def copied_home(from_digests: tuple[Settings, Outcome], tmp_path: Path) -> Settings:
    """A home of one's own in which a publication has been made."""
    return copy_of(from_digests[0].home, tmp_path / "home")


def _query(settings: Settings) -> Query:
    def ask(sql: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = query(settings.published, sql).to_pylist()
        return rows

    return ask


@pytest.fixture(scope="session")
def ask(from_digests: tuple[Settings, Outcome]) -> Query:
    """Query the warehouse that was published from digests."""
    return _query(from_digests[0])


@pytest.fixture(scope="session")
def ask_originals(from_originals: tuple[Settings, Outcome]) -> Query:
    """Query the warehouse that was published from the publishers' own files."""
    return _query(from_originals[0])
