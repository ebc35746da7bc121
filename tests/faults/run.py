"""`make faults`: what happens to a publication when things go wrong, counted.

    python -m tests.faults.run --quick          a sample of each kind, in two minutes
    python -m tests.faults.run --seed 7         the whole table, in up to three hours; can be stopped and gone on with
    python -m tests.faults.run --only bits      one row

Ends with 1 if a column that has to be zero is not.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pydantic import SecretStr

from fleetstats.core.settings import Settings
from fleetstats.pipeline.build import run as build
from tests.faults import fuzz, kills, nights, server, storage
from tests.faults.counts import Kept, Row, Stopwatch, table
from tests.faults.scene import Scene
from tests.homes import copy_of, publish_on
from tests.postgres_server import Server, running_server

Fault = Callable[["Bench", Row], None]


class Bench:
    """What the rows share: a published home to copy, a server, dice and how much is tried."""

    def __init__(self, folder: Path, seed: int, quick: bool, share: float, stack: ExitStack) -> None:
        self.folder, self.quick, self._seed, self._share, self._stack = folder, quick, seed, share, stack
        self._base: Path | None = None
        self._server: Server | None = None
        self._copies = 0

    def dice(self, name: str) -> random.Random:
        """Dice of a row's own, so that it is the same whichever rows are run."""
        return random.Random(f"{self._seed} {name}")

    def many(self, quick: int, full: int) -> int:
        """How often."""
        return quick if self.quick else max(1, round(full * self._share))

    def place(self) -> Path:
        """An empty folder."""
        self._copies += 1
        place = self.folder / f"place-{self._copies}"
        place.mkdir()
        return place

    def scene(self) -> Scene:
        """A home of one's own with two publications."""
        if self._base is None:
            self._base = self.folder / "base"
            self._base.mkdir()
            build(Settings(home=self._base, originals=None))
        settings = copy_of(self._base, self.place() / "home")
        scene = Scene(settings.home)
        scene.remember()
        return scene

    def on_server(self) -> tuple[Scene, Server, str]:
        """The same on a server."""
        first = self.scene()
        if self._server is None:
            self._server = self._stack.enter_context(running_server())
            self._published = publish_on(self._server, self.place(), first.home / "cache")
        name = f"faults_{self._copies}"
        settings = self._published.copy(self.place() / "home", name)
        url = settings.warehouse_url
        scene = Scene(settings.home, url=(url or SecretStr("")).get_secret_value())
        scene.remember()
        return scene, self._server, name

    def drop(self, scene: Scene) -> None:
        """A home that is done with."""
        shutil.rmtree(scene.home, ignore_errors=True)


def _kills(bench: Bench, row: Row) -> None:
    scene = bench.scene()
    kills.random_instants(scene, row, bench.many(1, 200), bench.dice(row.fault))
    bench.drop(scene)


def _kills_on_server(bench: Bench, row: Row) -> None:
    scene, _, _ = bench.on_server()
    kills.random_instants(scene, row, bench.many(1, 100), bench.dice(row.fault))
    bench.drop(scene)


def _writes(bench: Bench, row: Row) -> None:
    scene = bench.scene()
    scene.command("run", "--force")
    scene.remember()
    only = ("run",) if bench.quick else ()
    kills.every_write(scene, row, bench.many(1, 40), bench.dice(row.fault), bench.place(), only)
    bench.drop(scene)


def _limits(bench: Bench, row: Row) -> None:
    storage.limits(bench.scene(), row)


def _rights(bench: Bench, row: Row) -> None:
    storage.rights(bench.scene(), row)


def _disk(bench: Bench, row: Row) -> None:
    sizes = (0, 1, 2, 5, 10, 15, 20, 25, 30, 40)
    storage.full_disk(bench.scene(), row, bench.place(), sizes)


def _clocks(bench: Bench, row: Row) -> None:
    storage.clocks(bench.scene(), row)


def _bits(bench: Bench, row: Row) -> None:
    storage.bits(bench.scene(), row, bench.many(10, 1000), bench.dice(row.fault))


def _cut(bench: Bench, row: Row) -> None:
    scene, own, name = bench.on_server()
    server.cut(scene, row, bench.many(1, 30), own, name, bench.dice(row.fault))


def _busy(bench: Bench, row: Row) -> None:
    scene, own, name = bench.on_server()
    server.busy(scene, row, own, name)


def _readers(bench: Bench, row: Row) -> None:
    scene = bench.scene()
    scene.command("run", "--force")
    scene.remember()
    server.readers(scene, row, bench.many(1, 20), bench.many(2, 30))


def _readers_on_server(bench: Bench, row: Row) -> None:
    scene, _, _ = bench.on_server()
    scene.command("run", "--force")
    scene.remember()
    server.readers(scene, row, 20, 30)


def _nights(bench: Bench, row: Row) -> None:
    nights.nights(bench.scene(), row, bench.many(2, 300), bench.dice(row.fault), bench.place())


def _fuzz(bench: Bench, row: Row) -> None:
    fuzz.fuzz(bench.scene().settings, row, bench.many(800, 1_000_000), bench.dice(row.fault))


ROWS: dict[str, tuple[str, Fault]] = {
    "kills": ("kill -9 of `run --force`, DuckDB", _kills),
    "kills-server": ("kill -9 of `run --force`, PostgreSQL", _kills_on_server),
    "writes": ("kill -9 at the writes of each command", _writes),
    "limits": ("limits on memory, files, file size, time", _limits),
    "rights": ("folders without the right to write", _rights),
    "disk": ("disk full", _disk),
    "clocks": ("time zone, language, home", _clocks),
    "bits": ("a bit flipped below the home", _bits),
    "cut": ("PostgreSQL: sessions ended or cancelled", _cut),
    "busy": ("PostgreSQL: time-outs, no connection, an analyst's locks", _busy),
    "readers": ("readers through publications, DuckDB", _readers),
    "readers-server": ("readers through publications, PostgreSQL", _readers_on_server),
    "nights": ("simulated nights", _nights),
    "fuzz": ("hostile inputs", _fuzz),
}
QUICK = ("kills", "writes", "bits", "cut", "readers", "nights", "fuzz")
"""The rows of the quick sample."""


def main() -> int:
    """Run the rows that are not done yet, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a sample of each kind")
    parser.add_argument("--seed", type=int, default=1, help="what the dice are thrown by (default: 1)")
    parser.add_argument("--share", type=float, default=1.0, help="of what is tried in full, such as 0.1")
    parser.add_argument("--only", choices=list(ROWS), action="append", help="this row; may be given again")
    parser.add_argument("--keep", type=Path, default=None, help="the file that keeps the rows that are done")
    asked = parser.parse_args()
    name = "quick" if asked.quick else "full"
    kept = Kept(
        asked.keep or Path(tempfile.gettempdir(), f"fleetstats-faults-{name}.json"),
        {"seed": asked.seed, "share": asked.share},
    )
    watch = Stopwatch()
    shown = []
    with tempfile.TemporaryDirectory(prefix="fleetstats-faults-") as folder, ExitStack() as stack:
        bench = Bench(Path(folder), asked.seed, asked.quick, asked.share, stack)
        for key, (title, fault) in ROWS.items():
            if key not in (asked.only or (QUICK if asked.quick else ROWS)):
                continue
            if asked.quick or title not in kept.rows:
                print(f"{watch.seconds:7.0f} s  {title}", file=sys.stderr, flush=True)
                row = Row(title)
                fault(bench, row)
                kept.add(row)
            shown.append(kept.rows[title])
    print(table(shown))
    for row in shown:
        for detail, times in Counter(row.details).most_common(20):
            print(f"\n{row.fault}: {times} x {detail}")
    share = "" if asked.quick else f", {asked.share:.0%} of what is tried in full"
    print(f"\nseed {asked.seed}{share}, {watch.seconds:,.0f} s")
    return 0 if all(row.clean for row in shown) else 1


if __name__ == "__main__":
    sys.exit(main())
