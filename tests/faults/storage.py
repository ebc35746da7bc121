"""Disks, rights, limits and clocks; and every file below the home damaged bit by bit."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.faults.counts import Row
from tests.faults.scene import Scene

WITHOUT_ROOTS_RIGHTS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")

LIMITS = (
    "ulimit -v 400000", "ulimit -v 900000", "ulimit -v 2000000", "ulimit -n 8", "ulimit -n 24", "ulimit -n 64",
    "ulimit -f 10", "ulimit -f 2000", "ulimit -u 1", "ulimit -t 2",
)  # fmt: skip
CLOCKS = (
    {"TZ": "Asia/Shanghai"}, {"TZ": "America/Los_Angeles"}, {"TZ": "nonsense"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"},
    {"LANG": "zh_CN.GBK", "PYTHONIOENCODING": "ascii"}, {"HOME": "/nowhere"}, {"HOME": ""}, {"PYTHONUTF8": "0"},
)  # fmt: skip


def limits(scene: Scene, row: Row) -> None:
    """A forced run within limits on memory, open files, file size and time either ends well or says why it cannot."""
    for limit in LIMITS:
        row.tries += 1
        done = scene.command("run", "--force", prefix=("bash", "-c", f'{limit}; exec "$@"', "bash"))
        # Out of memory a library may end the process before Python can say a word; nothing may be lost by it
        hard = limit.startswith(("ulimit -v", "ulimit -t", "ulimit -u"))
        if not (hard and done.returncode not in (0, 1, 999)):
            scene.judge(row, done, limit)
        scene.look(row, limit)
        scene.recover(row, limit, "run", "--force")
    scene.leftovers(row, "limits")


def rights(scene: Scene, row: Row) -> None:
    """Folders that cannot be written, one after the other, for every command that writes."""
    prefix = WITHOUT_ROOTS_RIGHTS if os.geteuid() == 0 else ()
    below = [p for p in sorted(scene.home.rglob("*")) if p.is_dir() and "reports" not in p.parts]
    staged = [p for p in below if p.parent.name == "staged"]
    folders = [scene.home, *(p for p in below if p not in staged[1:])]  # one of many that are alike
    for folder in folders:
        for command in (("run", "--force"), ("rollback",), ("status",), ("verify",)):
            row.tries += 1
            mode = folder.stat().st_mode
            folder.chmod(0o555)
            what = f"{' '.join(command)} with {folder.relative_to(scene.home.parent)} read-only"
            try:
                done = scene.command(*command, prefix=prefix)
            finally:
                folder.chmod(mode)
            scene.judge(row, done, what)
            scene.look(row, what)
            scene.before = scene.runs()
        scene.recover(row, f"{folder.name} read-only", "run", "--force")


def full_disk(scene: Scene, row: Row, folder: Path, sizes: tuple[int, ...]) -> None:
    """The whole home on a disk with so many MiB free; root has to mount it."""
    if os.geteuid() != 0:
        row.notes = "not run: only root can mount a small disk"
        return
    used = sum(p.lstat().st_size for p in scene.home.rglob("*") if p.is_file()) // 2**20 + 2
    for free in sizes:
        small = folder / f"disk-{free}"
        small.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={used + free}m", "tmpfs", str(small)],
            check=False,
            capture_output=True,
        )
        if mounted.returncode:
            row.notes = "not run: this machine mounts nothing"
            return
        try:
            shutil.copytree(scene.home, small / "home", symlinks=True, copy_function=shutil.copy2)
            there = Scene(small / "home", contents=scene.contents, before=scene.before)
            row.tries += 1
            there.judge(row, there.command("run", "--force"), f"{free} MiB free")
            there.look(row, f"{free} MiB free")
            subprocess.run(["mount", "-o", "remount,size=2g", str(small)], check=True)
            there.recover(row, f"{free} MiB free", "run", "--force")
            there.leftovers(row, f"{free} MiB free")
        finally:
            subprocess.run(["umount", str(small)], check=False)


def clocks(scene: Scene, row: Row) -> None:
    """Time zones, languages and homes of the process; nothing that is published depends on them."""
    for more in CLOCKS:
        row.tries += 1
        scene.judge(row, scene.command("run", "--force", more=more), str(more))
        scene.look(row, str(more))
    scene.before = scene.runs()


def bits(scene: Scene, row: Row, flips: int, dice: random.Random) -> None:
    """Flip one bit in a file below the home but the filings; then read, run, and read again.

    What a reader gets is an error or a figure that was published; after the run it is what a build from scratch gives.
    A ledger that was damaged is not read: it is put back, as from a backup.
    """
    batch = 10
    for begin in range(0, flips, batch):
        files = [
            p for p in scene.home.rglob("*") if p.is_file() and not p.is_symlink() and "landed" not in p.parts
        ]
        files = [p for p in files if p.stat().st_size and "reports" not in p.parts]
        backup: dict[Path, bytes] = {}
        names = []
        for _ in range(min(batch, flips - begin)):
            path = dice.choice(files)
            content = path.read_bytes()
            backup.setdefault(path, content)
            place, bit = dice.randrange(len(content)), dice.randrange(8)
            changed = bytearray(path.read_bytes())
            changed[place] ^= 1 << bit
            mode = path.stat().st_mode
            path.chmod(0o644)
            path.write_bytes(changed)
            path.chmod(mode)
            names.append(f"{path.relative_to(scene.home)} byte {place} bit {bit}")
            row.tries += 1
        what = "; ".join(names)
        with suppress(Exception):  # an error is an answer; another figure is not
            if scene.content() not in scene.contents:
                row.bad("wrong", f"read after {what}")
        done = scene.command("run", "--force")
        scene.judge(row, done, what)
        if done.returncode and "a ledger file cannot be read" in done.stderr:
            for path, content in backup.items():
                if "ledger" in path.parts:
                    path.write_bytes(content)
        scene.recover(row, what, "run", "--force")
