"""A home with a publication to be harmed, the commands that are run in it, and what is looked at afterwards."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from fleetstats.core.errors import FleetstatsError
from fleetstats.core.schema.tables import tables
from fleetstats.core.settings import Settings
from fleetstats.warehouse import ledger
from fleetstats.warehouse.registry import open_warehouse
from tests.faults.counts import Row, Stopwatch

HUNG = 240.0
"""Seconds after which a command is taken for hung."""

_OF_RUNS = {"publication_id", "run_id", "forecast_run_id", "made_at", "scored_at", "sequence", "row_sha256"}
_NOT_FIGURES = {"lineage"}

COUNTING = """
import os, signal, sys
at, home = int(os.environ["FAULT_AT"]), os.environ["FLEETSTATS_HOME"]
writes = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.chmod", "os.truncate")
count = 0
def hook(event, args):
    global count
    opens = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if (opens or event in writes) and str(args[0]).startswith(home):
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
from fleetstats.__main__ import main
sys.argv = ["fleetstats", *sys.argv[1:]]
try:
    main()
finally:
    if at == 0:
        print("WRITES", count, file=sys.stderr)
"""
"""Runs a command and kills it at its n-th write below the home; with 0, says how many writes there were."""


@dataclass
class Scene:
    """A home, and every content that was published in it."""

    home: Path
    url: str | None = None
    contents: set[str] = field(default_factory=set)
    before: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """How the home is addressed."""
        url = None if self.url is None else SecretStr(self.url)
        return Settings(home=self.home, originals=None, warehouse_url=url)

    def environment(self, **more: str) -> dict[str, str]:
        """That of a command in this home."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FLEETSTATS_")}
        url = {} if self.url is None else {"FLEETSTATS_WAREHOUSE_URL": self.url}
        return {**kept, "FLEETSTATS_HOME": str(self.home), **url, **more}

    def command(
        self,
        *arguments: str,
        code: str | None = None,
        prefix: tuple[str, ...] = (),
        more: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; one that hangs ends with code 999."""
        start = ["-c", code] if code else ["-m", "fleetstats"]
        with tempfile.TemporaryDirectory() as folder:
            try:
                return subprocess.run(
                    [*prefix, sys.executable, *start, *arguments],
                    env=self.environment(**(more or {})), cwd=folder, capture_output=True, text=True, check=False,
                    timeout=HUNG, errors="replace",
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                return subprocess.CompletedProcess(arguments, 999, "", "hung")

    def killed(self, seconds: float, *arguments: str, group: bool) -> bool:
        """Run a command and kill it, alone or with its process group, after so long; False if it had ended."""
        process = subprocess.Popen(
            [sys.executable, "-m", "fleetstats", *arguments], env=self.environment(), start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            if group:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
            return True
        return False

    def content(self) -> str:
        """One hash over every published figure, whatever run published it; raises what reading raises."""
        digest = hashlib.sha256()
        figures = {t.name for t in tables() if t.kind != "ledger" and t.name not in _NOT_FIGURES}
        with open_warehouse(self.settings).read() as reader:
            for name, columns in sorted(reader.tables().items()):
                wanted = [c for c in columns if c not in _OF_RUNS]
                if name in figures:
                    digest.update(f"{name} {reader.content(name, wanted).checksum}".encode())
        return digest.hexdigest()

    def remember(self) -> None:
        """What is published now may be read from now on, and its ledgers may not lose a row."""
        self.contents.add(self.content())
        self.before = self.runs()

    def runs(self) -> list[str]:
        """The runs in the ledger of publications."""
        if self.url is None:
            return ledger.runs(self.home / "ledger", "publication")
        found: list[str] = open_warehouse(self.settings).ledger("publication")["run_id"].to_pylist()
        return found

    def look(self, row: Row, what: str) -> None:
        """Read as a reader would, right after a fault."""
        try:
            if self.content() not in self.contents:
                row.bad("mixed", what)
        except FleetstatsError as error:
            row.bad("lost", f"{what}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever it is, a reader met it
            row.bad("tracebacks", f"{what}: {error!r}")

    def judge(self, row: Row, done: subprocess.CompletedProcess[str], what: str) -> None:
        """Count what a command said."""
        if done.returncode == 999:
            row.bad("hangs", what)
        elif "Traceback (most recent call last)" in done.stderr or done.returncode in (-6, -11, 134, 139):
            row.bad("tracebacks", f"{what}: exit {done.returncode}: {done.stderr[-500:]}")
        elif done.returncode and "as it was" in done.stderr and self.published_since():
            row.bad("wrong", f"{what}: published, and said that it was not")

    def published_since(self) -> bool:
        """Whether a publication was made since the last look, recorded or not."""
        state = open_warehouse(self.settings).state()
        return state is not None and state.run_id not in self.before

    def recover(self, row: Row, what: str, *arguments: str) -> None:
        """The next run has to succeed without cleaning up, and leave nothing behind."""
        watch = Stopwatch()
        done = self.command(*(arguments or ("run",)))
        row.longest_recovery = max(row.longest_recovery, watch.seconds)
        self.judge(row, done, f"recovery after {what}")
        if done.returncode:
            row.bad("wrong", f"no recovery after {what}: exit {done.returncode}: {done.stderr[-400:]}")
        self.look(row, f"after the recovery from {what}")
        if missing := set(self.before) - set(self.runs()):
            row.bad("lost", f"{what}: runs gone from the ledger: {sorted(missing)}")
        self.before = self.runs()

    def leftovers(self, row: Row, what: str) -> None:
        """Hidden files but locks, and files of no publication, after a command that held the lock."""
        hidden = [str(p) for p in self.home.rglob(".*") if p.name != ".lock"]
        files = (self.home / "warehouse" / "publications").glob("*.duckdb")
        stray = [str(p) for p in files if p.stem not in self.runs()] if self.url is None else []
        if hidden or stray:
            row.bad("leftovers", f"{what}: {[*hidden, *stray][:5]}")
