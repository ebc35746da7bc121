"""Tries the wrong siblings of every file that is held, and counts: refused, stopped, right, published wrong.

    python -m tests.siblings.run --originals FOLDER [--only cadmv_mileage/2022] [--kinds 'cut at a byte,doubled']

Each sibling is tried in two ways: as other bytes for an edition that is held (`amends`), and as an edition that is not
held yet (`new`), which is harder, since there is nothing of it to compare with.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fleetstats.core.errors import FleetstatsError
from fleetstats.core.files import write_atomically
from fleetstats.core.settings import Settings, packaged, packaged_folders
from fleetstats.filings.catalogue import Catalogue
from fleetstats.filings.filing import Held
from fleetstats.ingest.describe import Offer
from fleetstats.ingest.land import add
from fleetstats.pipeline.build import run
from fleetstats.quality.revisions import compare, declared
from fleetstats.warehouse.marts import load_statements
from fleetstats.warehouse.registry import open_warehouse
from tests.homes import copy_of
from tests.siblings.kinds import KINDS, File, Kind

TODAY = date(2026, 11, 25)
WAYS = ("amends", "new")
RIGHT, REFUSED, STOPPED, WRONG, TRACEBACK = (
    "right",
    "refused at add",
    "stopped at run",
    "published wrong",
    "traceback",
)
VERDICTS = (RIGHT, REFUSED, STOPPED, WRONG, TRACEBACK)


class Tried(NamedTuple):
    """What happened to one sibling."""

    filing: str
    kind: str
    way: str
    verdict: str
    says: str


def held_files(home: Settings) -> list[Held]:
    """The filings whose own files are here: publishers' originals and transcriptions."""
    return [h for h in Catalogue.open(home) if h.read_as != "digest"]


def try_siblings(
    base: Settings,
    held: Held,
    kinds: Iterable[Kind] = KINDS,
    *,
    add_only: bool = False,
    ways: Iterable[str] = WAYS,
) -> Iterator[Tried]:
    """Every sibling of a file in every way, in copies of the home of `base`, in which all filings are published."""
    file = File.of(held.path.read_bytes())
    with tempfile.TemporaryDirectory(prefix="fleetstats-siblings-") as beside:
        without = Path(beside, "data")
        shutil.copytree(packaged("data"), without)
        shutil.rmtree(without / "raw" / held.filing.source / held.filing.edition)
        for kind in kinds:
            content = kind.make(file, random.Random(f"{held.filing.id} {kind.name}"))
            if content is None or content == held.path.read_bytes():
                continue
            for way in ways:
                with tempfile.TemporaryDirectory(prefix="fleetstats-siblings-") as place:
                    home = _Home(base, without if way == "new" else None, Path(place))
                    yield _try(home, held, (kind, content), way, add_only=add_only)


@dataclass(frozen=True)
class _Home:
    """A home of a sibling's own: with everything published, or from data `without` the edition, and with nothing."""

    base: Settings
    without: Path | None
    place: Path

    def to_look_at(self) -> Settings:
        """One in which nothing is written."""
        if self.without is None:
            return Settings(home=self.base.home, originals=None)
        home = self.place / "new"
        home.mkdir()
        (home / "cache").symlink_to(self.base.cache)
        return self._elsewhere(home, self.without)

    def whole(self) -> Settings:
        """One to build in."""
        if self.without is None:
            return copy_of(self.base.home, self.place / "home")
        home = self.place / "built"
        shutil.copytree(self.base.cache, home / "cache")
        return self._elsewhere(home, self.without)

    @staticmethod
    def _elsewhere(home: Path, data: Path) -> Settings:
        settings = Settings(home=home, originals=None)
        settings.__dict__["data"] = data
        return settings


def _try(home: _Home, held: Held, sibling: tuple[Kind, bytes], way: str, *, add_only: bool) -> Tried:
    kind, content = sibling
    path = home.place / "file.csv"
    path.write_bytes(content)
    filing = held.filing
    settings = home.to_look_at()
    issued = filing.issued_on if way == "new" and filing.issued_on != "by_row" else None
    offer = Offer(filing.source, path, filing.edition, issued, TODAY)

    def tried(verdict: str, says: object) -> Tried:
        return Tried(filing.id, kind.name, way, verdict, str(says).partition("\n")[0])

    try:
        landed = add(settings, offer, dry_run=True)
        if landed.status == "already held":
            return tried(RIGHT, landed.found[-1] if landed.found else landed.status)
        if add_only:
            return tried(RIGHT if kind.same else "landed", landed.status)
        settings = home.whole()
        add(settings, offer)
    except FleetstatsError as error:
        return tried(REFUSED, error)
    except Exception as error:  # noqa: BLE001 - what a person would see as a traceback
        return tried(TRACEBACK, repr(error))
    try:
        run(settings)
    except FleetstatsError as error:
        return tried(STOPPED, "; ".join(str(error).split("\n")[:3]))
    except Exception as error:  # noqa: BLE001 - the same
        return tried(TRACEBACK, repr(error))
    differs = _differs(home.base, settings)
    return tried(WRONG if differs else RIGHT, differs or "every figure is the same")


def _differs(base: Settings, settings: Settings) -> str:
    """The first figure that is not as it is from the right file."""
    statements = load_statements(*packaged_folders("sql"))
    with open_warehouse(base).read() as right, open_warehouse(settings).read() as found:
        moved = compare(right, found, statements, declared(base)).rows
    return f"{len(moved)} figures, {moved[0].says}" if moved else ""


@cache
def _published(home: Path) -> Settings:
    return Settings(home=home, originals=None)


def _of_one(home: Path, originals: Path, filing: str, kinds: tuple[str, ...], add_only: bool) -> list[Tried]:
    base = Settings(home=home, originals=originals)
    [held] = [h for h in held_files(base) if h.filing.id == filing]
    wanted = [kind for kind in KINDS if not kinds or kind.name in kinds]
    return list(try_siblings(_published(home), held, wanted, add_only=add_only))


def main() -> int:
    """Try them all; ends with 1 if anything was published wrong, or ended in a traceback."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--originals", type=Path, required=True)
    parser.add_argument("--only", default="", help="filings whose names begin so")
    parser.add_argument("--kinds", default="", help="these kinds alone, with commas between them")
    parser.add_argument(
        "--keep", type=Path, help="file to keep results in; filings that it has are not tried again"
    )
    parser.add_argument("--add-only", action="store_true", help="what `add` does, and no build")
    asked = parser.parse_args()
    kinds = tuple(kind for kind in asked.kinds.split(",") if kind)
    with tempfile.TemporaryDirectory(prefix="fleetstats-siblings-") as place:
        home = Path(place, "home")
        home.mkdir()
        run(Settings(home=home, originals=None))
        filings = [h.filing.id for h in held_files(Settings(home=home, originals=asked.originals))]
        found = _kept(asked.keep)
        done = {one.filing for one in found}
        wanted = [name for name in filings if name.startswith(asked.only) and name not in done]
        with ProcessPoolExecutor(2) as pool:
            jobs = [
                pool.submit(_of_one, home, asked.originals, name, kinds, asked.add_only) for name in wanted
            ]
            for job in as_completed(jobs):
                found += job.result()
                print(f"{len(found):,} tried", file=sys.stderr, flush=True)
                if asked.keep is not None:
                    write_atomically(asked.keep, json.dumps(found).encode())
    print(table(found))
    for one in found:
        if one.verdict in (WRONG, TRACEBACK):
            print(f"{one.verdict}: {one.filing}, {one.kind}, {one.way}: {one.says}")
    return int(any(one.verdict in (WRONG, TRACEBACK) for one in found))


def _kept(path: Path | None) -> list[Tried]:
    if path is None or not path.exists():
        return []
    return [Tried(*row) for row in json.loads(path.read_text(encoding="utf-8"))]


def table(found: list[Tried]) -> str:
    """Kinds and ways by verdict, as a table for the docs."""
    lines = [
        f"| sibling | way | tried | {' | '.join(VERDICTS)} |",
        f"| --- | --- | {' | '.join(['---:'] * (len(VERDICTS) + 1))} |",
    ]
    for kind in KINDS:
        for way in WAYS:
            counts = Counter(one.verdict for one in found if (one.kind, one.way) == (kind.name, way))
            if counts:
                cells = " | ".join(str(counts[verdict]) for verdict in VERDICTS)
                lines.append(f"| {kind.name} | {way} | {counts.total()} | {cells} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
