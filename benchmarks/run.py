"""How long the night takes: prints figures, asserts nothing. See README.md beside this file."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PYTHON = sys.executable
FLEETSTATS = [PYTHON, "-m", "fleetstats"]
LIBRARIES = ("pandas", "great_expectations", "matplotlib", "pyarrow", "duckdb")
EXIT_CONFIGURATION = 5

EXAMPLES = """\
examples:
  make bench                              five repetitions, about two minutes
  make bench ARGS="--repeat 11"           more of them, for a machine that others use too
  make bench ARGS="--json" > figures.json
  make bench ARGS="--rows 1000000"        also one filing of a million records, beside DuckDB's read_csv
  make bench ARGS="--without-bytecode"    also with every module compiled anew at each start

FLEETSTATS_ORIGINALS names the folder with the publishers' files (make sets it where ../shared/data lies
beside the checkout). Nothing is written but a temporary folder, which is removed.
"""

STEPS = """\
import json, sys, time
from fleetstats.pipeline.build import run
from fleetstats.core.settings import Settings
told = []
run(Settings(), progress=lambda step, what: told.append((step, time.time())))
told.append(("exit", time.time()))
json.dump(told, sys.stdout)
"""

# The header has bare LFs inside quotes, the records end with CRLF: DuckDB has to be told
DUCKDB_CTAS = r'''
import duckdb, sys
form = r"""header = true, delim = ',', quote = '"', new_line = '\r\n'"""
with duckdb.connect(sys.argv[2]) as connection:
    connection.execute(f"create table t as select * from read_csv(?, {form})", [sys.argv[1]])
    print(connection.execute("select count(*) from t").fetchone()[0])
'''


@dataclass(frozen=True)
class Cost:
    """What one process and all that it started took; memory is that of the largest of them."""

    wall_s: float
    cpu_s: float
    rss_mib: float
    output: str


@dataclass(frozen=True)
class Spread:
    """Least, median and greatest of the repetitions."""

    least: float
    median: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(min(values), statistics.median(values), max(values))


class Bench:
    """Runs the processes that are measured, each with a clean environment."""

    def __init__(self, originals: Path, folder: Path, repeat: int) -> None:
        self.folder = folder
        self.repeat = repeat
        self.originals = originals
        self.figures: dict[str, Any] = {}
        self.table: list[tuple[str, list[Cost]]] = []
        self._homes = 0

    def home(self) -> Path:
        """A new, empty FLEETSTATS_HOME."""
        self._homes += 1
        home = self.folder / f"home-{self._homes}"
        home.mkdir()
        return home

    def measure(self, command: Sequence[str | Path], home: Path, **extra: str) -> Cost:
        """Run a command to its end; what it prints is kept, and shown if it fails."""
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environment |= {
            "FLEETSTATS_HOME": str(home),
            "FLEETSTATS_ORIGINALS": str(self.originals),
            **extra,
        }
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            started = time.perf_counter()
            process = subprocess.Popen(list(map(str, command)), env=environment, stdout=out, stderr=err)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            if process.returncode:
                sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}\n{err.read()}")
            text = out.read() + (err.read() if "importtime" in command else "")
        return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text)

    def repeated(self, name: str, once: Callable[[], Cost], times: int | None = None) -> list[Cost]:
        """One process, measured several times under a name."""
        costs = []
        for i in range(times or self.repeat):
            costs.append(once())
            say(f"{name} {i + 1}: {costs[-1].wall_s:.2f} s")
        self.note(name, costs)
        return costs

    def note(self, name: str, costs: list[Cost]) -> None:
        """Keep the figures of a measurement."""
        self.table.append((name, costs))
        self.figures[name] = {
            key: asdict(Spread.of([getattr(cost, key) for cost in costs]))
            for key in ("wall_s", "cpu_s", "rss_mib")
        }

    def rebuild(self, **extra: str) -> Cost:
        """The whole night on the originals, nothing known before."""
        home = self.home()
        cost = self.measure([*FLEETSTATS, "run", "--quiet"], home, **extra)
        shutil.rmtree(home)
        return cost

    def straightforward(self, **extra: str) -> Cost:
        """The script of an afternoon on the same files."""
        home = self.home()
        script: list[str | Path] = [
            PYTHON,
            HERE / "straightforward.py",
            self.originals,
            home / "warehouse.sqlite",
        ]
        cost = self.measure(script, home, **extra)
        shutil.rmtree(home)
        return cost


def say(text: str) -> None:
    """A line on how far it is, for whoever waits."""
    print(text, file=sys.stderr, flush=True)


def compare(bench: Bench, label: str = "", times: int | None = None, **extra: str) -> None:
    """The full rebuild and the script in turn, and how they compare pair by pair."""
    ours: list[Cost] = []
    theirs: list[Cost] = []
    for i in range(times or bench.repeat):
        ours.append(bench.rebuild(**extra))
        theirs.append(bench.straightforward(**extra))
        say(f"full rebuild{label} {i + 1}: {ours[-1].wall_s:.2f} s, script {theirs[-1].wall_s:.2f} s")
    bench.note(f"full rebuild{label}", ours)
    bench.note(f"straightforward script{label}", theirs)
    bench.figures[f"rebuild to script{label}"] = {
        key: asdict(Spread.of([getattr(a, key) / getattr(b, key) for a, b in zip(ours, theirs, strict=True)]))
        for key in ("wall_s", "cpu_s")
    }


def step_by_step(bench: Bench) -> None:
    """How long each step of the full rebuild takes, from what the pipeline tells its caller."""
    taken: dict[str, list[float]] = {}
    for i in range(bench.repeat):
        started = time.time()
        told = json.loads(bench.measure([PYTHON, "-c", STEPS], bench.home()).output)
        told = [("start", started), *told, ("", time.time())]
        sums: dict[str, float] = {}
        for (step, begun), (_, ended) in itertools.pairwise(told):
            sums[step] = sums.get(step, 0) + ended - begun
        for step, seconds in sums.items():
            taken.setdefault(step, []).append(seconds)
        say(f"step by step {i + 1}: " + ", ".join(f"{step} {s:.2f} s" for step, s in sums.items()))
    bench.figures["steps"] = {step: asdict(Spread.of(seconds)) for step, seconds in taken.items()}


def other_nights(bench: Bench) -> Path:
    """The night on which one filing changed, the one on which none did, and --help; returns the home."""
    home = bench.home()
    bench.measure([*FLEETSTATS, "run", "--quiet"], home)
    original = next(bench.originals.glob("dmv/2023/2022-23*Mileage*first-time*.csv"))
    lines = original.read_bytes().splitlines(keepends=True)
    lines[0] = lines[0].replace(b" 2023", b" 2024").replace(b" 2022", b" 2023")
    bench.repeated("one changed filing", lambda: changed_filing(bench, home, lines))
    bench.repeated("unchanged night", lambda: bench.measure([*FLEETSTATS, "run"], home))
    bench.repeated("--help", lambda: bench.measure([*FLEETSTATS, "--help"], home))
    for name, arguments in (("unchanged night", ["run"]), ("--help", ["--help"])):
        traced = bench.measure([PYTHON, "-X", "importtime", "-m", "fleetstats", *arguments], home).output
        modules = {line.rsplit("|", 1)[-1].strip() for line in traced.splitlines()}
        imported = [library for library in LIBRARIES if library in modules]
        bench.figures[f"{name} imports"] = {"of_these": imported, "modules": len(modules)}
    return home


def changed_filing(bench: Bench, home: Path, lines: list[bytes]) -> Cost:
    """Land a filing of the next year, or an amendment of it with another car; measured is the run after that."""
    cells = lines[1].split(b",")
    vin = next(i for i, cell in enumerate(cells) if len(cell) == 17 and cell.isalnum())
    cells[vin] = cells[vin][:12] + b"%05d" % len(list((home / "landed").glob("*/*")))
    path = home / "2023-24-Autonomous-Mileage-Reports-CSV-first-time-filers.csv"
    path.write_bytes(b"".join([lines[0], b",".join(cells), *lines[2:]]))
    edition = ["--edition", "2024-first-time", "--issued-on", "2025-02-01"]
    bench.measure([*FLEETSTATS, "add", "cadmv_mileage", path, *edition], home)
    return bench.measure([*FLEETSTATS, "run", "--quiet"], home)


def write_large_filing(path: Path, rows: int) -> None:
    """A disengagement file in the DMV's form, every description another, nothing of it real."""
    draw = random.Random(2024)
    filers = [
        ("WAYMO LLC", "AVT003"),
        ("Zoox, Inc", "AVT012"),
        ("Apple Inc.", "AVT030"),
        ("Nuro Inc", "AVT028"),
    ]
    vins = [f"5TESTCAR{draw.randrange(10**9):09d}" for _ in range(500)]
    header = (
        'Manufacturer,Permit Number,DATE,VIN NUMBER,"VEHICLE IS CAPABLE OF OPERATING WITHOUT A DRIVER\n(Yes or No)",'
        '"DRIVER PRESENT\n(Yes or No)","DISENGAGEMENT INITIATED BY\n(AV System, Test Driver, Remote Operator, or '
        'Passenger)","DISENGAGEMENT\nLOCATION\n(Interstate, Freeway, Highway, Rural Road, Street, or Parking '
        'Facility)",DESCRIPTION OF FACTS CAUSING DISENGAGEMENT\r\n'
    )
    with path.open("w", encoding="ascii", newline="") as file:
        file.write(header)
        for i in range(rows):
            name, permit = draw.choice(filers)
            file.write(
                f'"{name}",{permit},{draw.randrange(1, 12)}/{draw.randrange(1, 29)}/2024,{draw.choice(vins)},'
                f"No,Yes,{draw.choice(('Test Driver', 'AV System'))},{draw.choice(('Street', 'Freeway', 'Highway'))},"
                f'"Made up for a benchmark, number {i}: at {draw.randrange(5, 65)} mph the path planned came '
                f'within {draw.randrange(10, 300)} cm of a parked vehicle, and the car was taken over."\r\n'
            )


def large_filing(bench: Bench, rows: int) -> None:
    """One filing of many records, from its landing to an audited publication, beside plain DuckDB."""
    say(f"writing a filing of {rows:,} records")
    path = bench.folder / "2024-Autonomous-Vehicle-Disengagement-Reports-CSV.csv"
    write_large_filing(path, rows)
    costs: dict[str, list[Cost]] = {
        "plain read_csv": [],
        "landing (add)": [],
        "bytes to publication (run)": [],
    }
    for i in range(max(1, bench.repeat // 2)):
        database = bench.folder / f"plain-{i}.duckdb"
        home = bench.home()
        bench.measure([*FLEETSTATS, "run", "--quiet"], home)
        edition = ["--edition", "2024", "--issued-on", "2025-02-01"]
        once = [
            bench.measure([PYTHON, "-c", DUCKDB_CTAS, path, database], home),
            bench.measure([*FLEETSTATS, "add", "cadmv_disengagement", path, *edition], home),
            bench.measure([*FLEETSTATS, "run", "--quiet"], home),
        ]
        for (name, kept), cost in zip(costs.items(), once, strict=True):
            kept.append(cost)
            say(f"{rows:,} records, {name} {i + 1}: {cost.wall_s:.2f} s")
        database.unlink()
        shutil.rmtree(home)
    for name, kept in costs.items():
        bench.note(f"{rows:,} records: {name}", kept)
    plain, _, whole = costs.values()
    ratios = [a.wall_s / b.wall_s for a, b in zip(whole, plain, strict=True)]
    bench.figures["large filing"] = {
        "rows": rows,
        "mib": path.stat().st_size / 2**20,
        "run_to_read_csv": asdict(Spread.of(ratios)),
    }


def report(bench: Bench) -> str:
    """The figures as a person reads them."""
    lines = [f"{'':44}{'wall s: min median max':>26}{'cpu s: median':>16}{'MiB: max':>12}"]
    for name, _ in bench.table:
        found = bench.figures[name]
        wall = "".join(f"{found['wall_s'][key]:8.2f}" for key in ("least", "median", "greatest"))
        lines.append(f"{name:46}{wall}{found['cpu_s']['median']:16.2f}{found['rss_mib']['greatest']:12.0f}")
    lines.append("")
    for name, found in bench.figures.items():
        if name.startswith("rebuild to script"):
            wall, cpu = found["wall_s"], found["cpu_s"]
            lines.append(
                f"{name}: {wall['median']:.2f} of its time ({wall['least']:.2f} to {wall['greatest']:.2f}), "
                f"{cpu['median']:.2f} of its cpu"
            )
        elif name.endswith(" imports"):
            lines.append(f"{name}: {', '.join(found['of_these']) or 'none'} of {', '.join(LIBRARIES)}")
    steps = ", ".join(f"{step} {found['median']:.2f}" for step, found in bench.figures["steps"].items())
    lines.append(f"the full rebuild step by step, median s: {steps}")
    if "large filing" in bench.figures:
        large = bench.figures["large filing"]
        lines.append(
            f"the large filing: {large['rows']:,} records, {large['mib']:,.0f} MiB; the whole night with it takes "
            f"{large['run_to_read_csv']['median']:.1f} times as long as plain read_csv"
        )
    lines.append(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Measure the night on the publishers' files beside a straightforward script.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="repetitions of each (default: 5)")
    parser.add_argument("--json", action="store_true", help="write JSON, for programs")
    parser.add_argument("--rows", type=int, default=0, metavar="N", help="also land a filing of N records")
    parser.add_argument("--without-bytecode", action="store_true", help="also run both without any .pyc")
    chosen = parser.parse_args()
    if chosen.repeat < 1 or chosen.rows < 0:
        parser.error("--repeat is at least 1, --rows not negative")
    return chosen


def main() -> None:
    chosen = arguments()
    where = os.environ.get("FLEETSTATS_ORIGINALS")
    if not where or not any(Path(where).glob("dmv/2023/*.csv")):
        print(
            "FLEETSTATS_ORIGINALS does not name a folder with the publishers' files "
            f"(dmv/2019 to dmv/2023 below it): {where or 'not set'}",
            file=sys.stderr,
        )
        sys.exit(EXIT_CONFIGURATION)
    with tempfile.TemporaryDirectory(prefix="fleetstats-bench-") as folder:
        bench = Bench(Path(where).resolve(), Path(folder), chosen.repeat)
        say("once each without measuring: bytecode and files come into memory")
        bench.rebuild()
        bench.straightforward()
        compare(bench)
        step_by_step(bench)
        other_nights(bench)
        if chosen.without_bytecode:
            # Under a prefix where there is nothing, no .pyc is found and none is written
            nothing = {"PYTHONPYCACHEPREFIX": str(bench.folder / "none"), "PYTHONDONTWRITEBYTECODE": "1"}
            compare(bench, ", no bytecode", times=min(3, chosen.repeat), **nothing)
        if chosen.rows:
            large_filing(bench, chosen.rows)
    print(json.dumps(bench.figures, indent=2) if chosen.json else report(bench))


if __name__ == "__main__":
    main()
