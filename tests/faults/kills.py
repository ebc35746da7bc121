"""Kills: at random instants, and at every write of every command."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from tests.faults.counts import Row
from tests.faults.scene import COUNTING, Scene

ORDERS = "ag-058,Apollo Go,,quarter_orders,,,2026Q3,,{},orders,exact,medium,,,2026-11-20,A page,,,"


def random_instants(scene: Scene, row: Row, tries: int, dice: random.Random) -> None:
    """Kill a forced run somewhere between its start and its end, alone or with its process group."""
    for number in range(tries):
        what = f"kill {number}"
        after = dice.uniform(0.3, 7.0)
        if not scene.killed(after, "run", "--force", group=bool(dice.getrandbits(1))):
            scene.before = scene.runs()
            continue
        row.tries += 1
        scene.look(row, what)
        if dice.random() < 0.4 or number == tries - 1:
            scene.recover(row, what, "run", *(["--force"] if dice.random() < 0.5 else []))
    scene.leftovers(row, "the last kill")


def _amended(scene: Scene, folder: Path, number: int) -> str:
    packaged = scene.settings.raw / "robotaxi_orders" / "apollo-go" / "figures.csv"
    path = folder / "figures.csv"
    path.write_text(packaged.read_text("utf-8") + ORDERS.format(1_000_000 + number) + "\n", "utf-8")
    return str(path)


def every_write(
    scene: Scene, row: Row, most: int, dice: random.Random, folder: Path, only: tuple[str, ...] = ()
) -> None:
    """Kill each command that writes (or `only` some) at each of its writes below the home, or at some of them."""
    file = _amended(scene, folder, 1)
    add = ("add", "robotaxi_orders", file, "--edition", "apollo-go")
    commands: dict[str, tuple[str, ...]] = {
        "run": ("run", "--force"),
        "rollback": ("rollback",),
        "add": add,
        "backfill": ("backfill", "--as-of", "2019-04-30", "--reason", "a fault"),
        "export": ("export", str(scene.home / "export"), "--tables", "mart", "--format", "csv,sqlite"),
    }
    counted = []
    base = folder / "base"
    shutil.copytree(scene.home, base, symlinks=True, copy_function=shutil.copy2)
    for name, arguments in commands.items():
        if only and name not in only:
            continue
        _reset(scene, base)
        done = scene.command(*arguments, code=COUNTING, more={"FAULT_AT": "0"})
        writes = int(done.stderr.rpartition("WRITES ")[2] or 0) if "WRITES" in done.stderr else 0
        if name == "add":  # the others change no figure
            scene.command("run")
            scene.contents.add(scene.content())
        instants = range(1, writes + 1)
        chosen = sorted(dice.sample(instants, min(most, writes)))
        counted.append(f"{name} {len(chosen)} of {writes}")
        for at in chosen:
            _reset(scene, base)
            row.tries += 1
            what = f"{name} at write {at}"
            scene.command(*arguments, code=COUNTING, more={"FAULT_AT": str(at)})
            scene.look(row, what)
            if name != "run":
                scene.judge(row, scene.command(*arguments), f"again after {what}")
            scene.recover(row, what, "run", "--force")
            scene.leftovers(row, what)
    _reset(scene, base)
    shutil.rmtree(base)
    row.notes = "; ".join(counted)


def _reset(scene: Scene, base: Path) -> None:
    """The home as it was, with notes that fit its copied files."""
    from tests.homes import noted_anew

    shutil.rmtree(scene.home)
    shutil.copytree(base, scene.home, symlinks=True, copy_function=shutil.copy2)
    for file in (scene.home / "warehouse" / "publications").glob("[!.]*.duckdb"):
        noted_anew(file)
    scene.before = scene.runs()
    scene.contents.add(scene.content())
