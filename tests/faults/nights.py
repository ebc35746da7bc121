"""Simulated nights: filings that are new, amended, broken, late or missing, and what is published after each."""

from __future__ import annotations

import random
import shutil
from datetime import date, timedelta
from pathlib import Path

from fleetstats.core.errors import BadInput, FleetstatsError
from fleetstats.ingest.describe import Offer
from fleetstats.ingest.land import add
from fleetstats.pipeline.build import run
from fleetstats.warehouse.registry import open_warehouse
from tests.faults.counts import Row
from tests.faults.scene import Scene

_FIRST = date(2026, 11, 26)


def _arrives(scene: Scene, row: Row, path: Path, today: date, what: str, *, broken: bool) -> None:
    try:
        add(scene.settings, Offer("robotaxi_orders", path, "apollo-go", None, today))
        if broken:
            row.bad("wrong", f"{what}: a broken file was landed")
    except BadInput as error:
        if not broken:
            row.bad("wrong", f"{what}: a good file was refused: {error}")


def _night(scene: Scene, row: Row, what: str) -> bool:
    """Run, and see that what it says it did is what it did; whether it published."""
    before = open_warehouse(scene.settings).state()
    try:
        done = run(scene.settings)
    except FleetstatsError as error:
        row.bad("wrong", f"{what}: {error}")
        return False
    after = open_warehouse(scene.settings).state()
    changed = before is None or after is None or before.run_id != after.run_id
    if changed != (done.status == "published"):
        row.bad(
            "wrong", f"{what}: {done.status}, and the publication is {'another' if changed else 'the same'}"
        )
    return done.status == "published"


def nights(scene: Scene, row: Row, how_many: int, dice: random.Random, folder: Path) -> None:
    """After the last night the warehouse is that of a build from scratch, and the ledgers account for each night."""
    figures = scene.settings.raw / "robotaxi_orders" / "apollo-go" / "figures.csv"
    base = figures.read_text(encoding="utf-8")
    kinds = {"new": 0, "broken": 0, "missing": 0, "late": 0, "again": 0}
    published = 0
    last: str | None = None
    path = folder / "figures.csv"
    for number in range(how_many):
        row.tries += 1
        today = _FIRST + timedelta(days=number)
        kind = dice.choices(list(kinds), weights=[3, 2, 5, 1, 1])[0] if number else "new"
        kinds[kind] += 1
        line = (
            f"ag-{900 + number},Apollo Go,,quarter_orders,,,2026Q3,,{1_000_000 + number},orders,exact,medium,,,"
            f"{today},A page,,,"
        )
        if kind in ("new", "late"):
            last = f"{base}{line}\n"
        content = f"{base}{line[: dice.randint(5, 60)]}\n" if kind == "broken" else last
        if kind != "missing" and content is not None:
            path.write_text(content, encoding="utf-8")
            _arrives(scene, row, path, today, f"night {number}", broken=kind == "broken")
        published += _night(scene, row, f"night {number} ({kind})")
    recorded = len(scene.runs()) - len(scene.before)
    if recorded != published:
        row.bad("wrong", f"{published} nights published, {recorded} are in the ledger")
    here = scene.content()
    scratch = Scene(folder / "scratch")
    scratch.home.mkdir()
    if (scene.home / "landed").exists():
        shutil.copytree(scene.home / "landed", scratch.home / "landed")
    shutil.copytree(scene.home / "ledger", scratch.home / "ledger")
    scratch.command("run")
    if scratch.content() != here:
        row.bad("wrong", "a build from scratch says something else")
    row.notes = ", ".join(f"{name} {count}" for name, count in kinds.items()) + f"; {published} published"
    scene.contents.add(here)
    scene.before = scene.runs()
