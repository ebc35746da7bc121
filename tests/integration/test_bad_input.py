"""Bad input: one clear message, its exit code, and the last publication stays as it was, byte for byte.

Every test drives the real command line in a process of its own, in a copy of a home folder in which a
publication has been made. With FLEETSTATS_SHOW=FILE what each case printed is appended to that file.
"""

from __future__ import annotations

import csv
import fcntl
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

import fleetstats
from fleetstats.core.errors import (
    EXIT_BAD_INPUT,
    EXIT_CHECKS_FAILED,
    EXIT_CONFIGURATION,
    EXIT_DONE,
    EXIT_LOCKED,
)
from fleetstats.core.settings import Settings, packaged
from tests.commands import fleetstats as start
from tests.homes import PATIENCE

PACKAGE = Path(fleetstats.__file__).parent
MEMORY_LIMIT_MIB = 400

# Runs a command, and writes the peak of its memory to a file: a process keeps the peak of its parent, so
# the parent has to be a small one
MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[2:], check=False)
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024))
sys.exit(done.returncode)
"""


# The command line, in a home of its own


@dataclass(frozen=True)
class Done:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


@dataclass
class Home:
    """A home folder in which something has been published, and the command line in it."""

    folder: Path
    case: str
    published: str
    environment: dict[str, str] = field(default_factory=dict)
    python_path: Path | None = None
    """Where another fleetstats than the one under test lies."""

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse" / "fleetstats.duckdb"

    @property
    def landed(self) -> Path:
        return self.folder / "landed"

    def fleetstats(self, *arguments: object) -> Done:
        """Run `fleetstats`; what it printed goes to FLEETSTATS_SHOW too."""
        if self.python_path is not None:
            return self.measured(*arguments)[0]
        done = start(*arguments, environment=self._environment(), folder=self.folder)
        show(self.case, done)
        return Done(done.returncode, done.stdout, done.stderr)

    def _environment(self) -> dict[str, str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        here = {k: v for k, v in os.environ.items() if not k.startswith("FLEETSTATS_")}
        path = {} if self.python_path is None else {"PYTHONPATH": str(self.python_path)}
        return here | {"FLEETSTATS_HOME": str(self.folder)} | self.environment | path

    def measured(self, *arguments: object) -> tuple[Done, int]:
        """Run `fleetstats` as a user starts it; with the peak of its memory in MiB."""
        peak = self.folder.with_name(f"{self.folder.name}.peak")
        done = subprocess.run(
            [sys.executable, "-ISc", MEASURED, str(peak), sys.executable, "-m", "fleetstats", *map(str, arguments)],
            env=self._environment(), cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr), int(peak.read_text())

    def looked_at(self, path: Path, edition: str = "2024") -> None:
        """Say in a reviewed line that the file is right, though other filers drove in the year before."""
        line = f"{sha256(path.read_bytes())},{edition},three filers are enough for a test,2026-11-25\n"
        reviewed = self.landed / "cadmv_mileage" / "recognition.csv"
        reviewed.parent.mkdir(parents=True, exist_ok=True)
        text = reviewed.read_text("utf-8") if reviewed.exists() else "sha256,edition,reason,reviewed_on\n"
        reviewed.write_text(text + line, encoding="utf-8")

    def add(self, source: str, path: Path, *more: str, edition: str = "2024") -> Done:
        return self.fleetstats("add", source, path, "--edition", edition, "--issued-on", "2025-02-01", *more)

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(statement).fetchall()

    def untouched(self) -> None:
        """The publication is the very file that it was, and can be queried; no build was left behind."""
        assert sha256(self.warehouse.read_bytes()) == self.published
        assert self.ask("select count(*) > 1000 from mileage_monthly") == [(True,)]
        left = {path.name for path in self.warehouse.parent.iterdir()}
        assert left == {".lock", "fleetstats.duckdb", "publications"}
        assert not list(self.warehouse.parent.rglob(".candidate-*"))


ADD = ("add", "cadmv_mileage", "--edition", "2024", "--issued-on", "2025-02-01")


def show(case: str, done: subprocess.CompletedProcess[str]) -> None:
    path = os.environ.get("FLEETSTATS_SHOW")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(
                f"### {case}\n$ {' '.join(done.args)}\n{done.stdout}{done.stderr}\nexit {done.returncode}\n\n"
            )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def home(copied_home: Settings, request: pytest.FixtureRequest) -> Home:
    """A home with a publication, for one test."""
    published = sha256(copied_home.published.read_bytes())
    return Home(copied_home.home, request.node.name.removeprefix("test_"), published)


def listing(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def assert_message(
    done: Done,
    code: int,
    *says: str,
    file: str | None = None,
    record: int | None = None,
    column: str | None = None,
) -> None:
    """One message for a person on stderr, with its exit code, its place, and nothing of a traceback."""
    assert "Traceback" not in done.err, done.err
    assert done.code == code, done.err or done.out
    assert done.err.startswith("fleetstats: ")
    assert len(re.findall(r"^fleetstats: ", done.err, re.MULTILINE)) == 1, done.err
    assert len(done.err.splitlines()) <= 20, done.err
    assert max(len(line) for line in done.err.splitlines()) <= 1000, done.err
    assert all(c.isprintable() or c == "\n" for c in done.err), done.err
    assert not done.out
    for words in says:
        assert words in done.err, done.err
    if file is not None:
        assert file in done.err, done.err
    if record is not None:
        assert re.search(rf"record {record}\b", done.err), done.err
    if column is not None:
        assert column.casefold() in done.err.casefold(), done.err


# Files in the publisher's form (QUIRKS.md, section 2)

Table = list[list[str]]

MONTHS = "JAN FEB MAR APR MAY JUN JULY AUG SEP OCT NOV".split()
FLEETS = (("Waymo LLC", "AVT003"), ("Apple Inc.", "AVT030"), ("Nuro, Inc", "AVT028"))
CARS = 4
MILEAGE_HEADER = "Manufacturer,Permit Number,VIN NUMBER,Annual Total of Disengagements".split(",")
EVENT_HEADER = [
    "Manufacturer",
    "Permit Number",
    "DATE",
    "VIN NUMBER",
    "VEHICLE IS CAPABLE OF OPERATING WITHOUT A DRIVER\n(Yes or No)",
    "DRIVER PRESENT\n(Yes or No)",
    "DISENGAGEMENT INITIATED BY\n(AV System, Test Driver, Remote Operator, or Passenger)",
    "DISENGAGEMENT\nLOCATION\n(Interstate, Freeway, Highway, Rural Road, Street, or Parking Facility)",
    "DESCRIPTION OF FACTS CAUSING DISENGAGEMENT",
]


def mileage(year: int = 2024, first_miles: str = "1,049.54") -> Table:
    """A mileage report: three fleets of four cars, one disengagement each, five unnamed columns."""
    months = [f"DEC {year - 1}", *(f"{month} {year}" for month in MONTHS)]
    table = [[*MILEAGE_HEADER, *months, "ANNUAL TOTAL", "", "", "", "", ""]]
    for fleet, (name, permit) in enumerate(FLEETS):
        for car in range(CARS):
            cells = [f"{100 * (fleet + 1) + 10 * car + month}.25" for month in range(12)]
            if len(table) == 1:
                cells[0] = first_miles
            total = sum(Decimal(cell.replace(",", "")) for cell in cells)
            vin = f"TESTVIN{fleet}{car}00000000"
            table.append([name, permit, vin, "1", *cells, f"{total:,}", "", "", "", "", ""])
    return table


def miles_of(table: Table, permit: str) -> Decimal:
    return sum((Decimal(row[16].replace(",", "")) for row in table[1:] if row[1] == permit), Decimal(0))


def events(year: int = 2024) -> Table:
    """A disengagement report with the events that `mileage` counts."""
    table = [EVENT_HEADER]
    for fleet, (name, permit) in enumerate(FLEETS):
        for car in range(CARS):
            vin = f"TESTVIN{fleet}{car}00000000"
            what = ["No", "Yes", "Test Driver", "Street", f"Car {car}: planner, late.\nTaken over."]
            table.append([name, permit, f"{3 + car}/28/{year}", vin, *what])
    return table


def csv_bytes(table: Table, end: str = "\r\n") -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows(table)
    return out.getvalue().encode("cp1252")


def changed(table: Table, value: str, column: int, records: Iterable[int]) -> Table:
    """The table with another value in this column of these records (1 is the header)."""
    wanted = set(records)
    return [
        [*row[:column], value, *row[column + 1 :]] if number in wanted else row
        for number, row in enumerate(table, start=1)
    ]


def without(table: Table, column: int) -> Table:
    return [[*row[:column], *row[column + 1 :]] for row in table]


def cut(content: bytes, after: bytes, keep: int = 0) -> bytes:
    """The bytes up to the last `after`, and `keep` more."""
    return content[: content.rindex(after) + len(after) + keep]


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("2024.csv", content)
    return out.getvalue()


# What `add` refuses


@dataclass(frozen=True)
class Bad:
    """A file that cannot be used, and what has to be said of it."""

    case: str
    content: bytes
    says: tuple[str, ...]
    record: int | None = None
    column: str | None = None
    source: str = "cadmv_mileage"


HALF = range(2, 14, 2)
HTML = b"<!DOCTYPE html>\r\n<html><head><title>Page not found</title></head><body>404</body></html>\r\n"
M, D = csv_bytes(mileage()), csv_bytes(events())
HEADER_LINE = M[: M.index(b"\r\n") + 2]
FILES = [
    Bad("missing column", csv_bytes(without(mileage(), 16)), ("a column is missing",), 1, "ANNUAL TOTAL"),
    Bad("missing column, events", csv_bytes(without(events(), 2)), ("a column is missing",), 1, "DATE",
        "cadmv_disengagement"),
    Bad("missing month", csv_bytes(without(mileage(), 8)), ("not whole, or was changed", "months are missing"), None),
    Bad("renamed column", csv_bytes(changed(mileage(), "VEHICLE ID", 2, [1])),
        ("a column is missing", "not known here: VEHICLE ID"), 1, "VIN NUMBER"),
    Bad("column there twice", csv_bytes(changed(mileage(), "Manufacturer", 17, [1])),
        ("a column is there twice",), 1, "Manufacturer"),
    Bad("unknown permit", csv_bytes(changed(changed(mileage(), "AVT099", 1, [4]), "Tiny Robots, Inc.", 0, [4])),
        ("unknown permit", "landed/operator_names.csv: permit,AVT099,tiny_robots,",
         'operators.csv: tiny_robots,fleet,"Tiny Robots, Inc.",,,'), 4, "Permit Number"),
    Bad("unknown permit of a known firm", csv_bytes(changed(mileage(), "AVT099", 1, [4])),
        ("unknown permit", "landed/operator_names.csv: permit,AVT099,waymo,"), 4, "Permit Number"),
    Bad("unknown permit of a hostile name",
        csv_bytes(changed(changed(mileage(), "AVT099", 1, [4]), "Evil\x1b[2J\x07 Inc", 0, [4])),
        ("unknown permit",), 4, "Permit Number"),
    Bad("unknown permit, events", csv_bytes(changed(events(), "AVT099", 1, [6])),
        ("unknown permit", "landed/operator_names.csv: permit,AVT099,apple,"), 6, "Permit Number",
        "cadmv_disengagement"),
    Bad("name of another operator", csv_bytes(changed(mileage(), "Apple Inc.", 0, [3])),
        ("the name belongs to another operator than the permit", "AVT003 is waymo's", "apple's"), 3,
        "Permit Number"),
    Bad("empty permit", csv_bytes(changed(mileage(), " ", 1, [5])), ("1 of 12 records",), 5, "Permit Number"),
    Bad("unreadable date, one record", csv_bytes(changed(events(), "28/13/2024", 2, [7])),
        ("1 of 12 records cannot be read", "'28/13/2024'"), 7, "DATE", "cadmv_disengagement"),
    Bad("unreadable date, half of the records", csv_bytes(changed(events(), "sometime", 2, HALF)),
        ("6 of 12 records cannot be read", "'sometime'", "1 more"), 2, "DATE", "cadmv_disengagement"),
    Bad("unreadable number, one record", csv_bytes(changed(mileage(), "12O.5", 5, [3])),
        ("1 of 12 records cannot be read", "'12O.5'"), 3, "JAN 2024"),
    Bad("unreadable number, half of the records", csv_bytes(changed(mileage(), "n/a", 10, HALF)),
        ("6 of 12 records cannot be read", "'n/a'", "1 more"), 2, "JUN 2024"),
    Bad("unreadable count", csv_bytes(changed(mileage(), "three", 3, [3])), ("'three'",), 3,
        "Annual Total of Disengagements"),
    Bad("negative miles", csv_bytes(changed(mileage(), "-5.0", 6, [3])), ("'-5.0'",), 3, "FEB 2024"),
    Bad("negative annual total", csv_bytes(changed(mileage(), "-1,000.0", 16, [3])), ("'-1,000.0'",), 3,
        "ANNUAL TOTAL"),
    Bad("HTML", HTML, ("HTML, not a CSV file",)),
    Bad("empty file", b"", ("an empty file",)),
    Bad("header only", HEADER_LINE, ("a file without records",)),
    Bad("header only, without its end", HEADER_LINE.strip(), ("a file without records",)),
    Bad("header and blank records only", HEADER_LINE + b"," * 21 + b"\r\n", ("a file without records",)),
    Bad("blank lines only", b"\r\n\r\n\r\n", ("a file without a header",), 1),
    Bad("cut inside a quoted cell", cut(M, b'"1,'), ("a quotation mark is never closed",)),
    Bad("cut inside a record", cut(M, b"TESTVIN2300000000,1,", 5), ("in the middle of a record", "5 cells"), 13),
    Bad("commas that are not quoted", M.replace(b'"1,049.54"', b"1,049.54"), ("23 cells",), 2),
    Bad("UTF-16", M.decode("cp1252").encode("utf-16"), ("another encoding: UTF-16",)),
    Bad("UTF-16 without a mark", M.decode("cp1252").encode("utf-16-le"), ("binary data",), 1),
    Bad("Shift-JIS", M.replace(b"Apple Inc.", "アップル、日本".encode("shift-jis"), 1), ("another encoding",), 6),
    Bad("a byte that cp1252 does not know", D.replace(b"Car 1", b"Car \x8f", 1),
        ("another encoding", "byte 0x8f"), 3, source="cadmv_disengagement"),
    Bad("NUL bytes", M.replace(b"Nuro", b"N\0ro", 1), ("binary data, not text", "NUL"), 10),
    Bad("PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", ("a PDF document, not a CSV file",)),
    Bad("ZIP", zipped(M), ("a ZIP archive",)),
    Bad("gzip", gzip.compress(M), ("a gzip archive",)),
    Bad("months of another report year", csv_bytes(mileage(2023)),
        ("another than it is said to be", "cadmv_mileage/2023", "cadmv_mileage/2024"), None, "edition"),
]  # fmt: skip


@pytest.mark.parametrize("bad", FILES, ids=lambda bad: bad.case)
def test_add_refuses(home: Home, tmp_path: Path, bad: Bad) -> None:
    path = tmp_path / "2024-Reports.csv"
    path.write_bytes(bad.content)
    done = home.add(bad.source, path)
    assert_message(
        done, EXIT_BAD_INPUT, *bad.says, file="2024-Reports.csv", record=bad.record, column=bad.column
    )
    assert not home.landed.exists()
    home.untouched()


def by_chunks(start: bytes, chunk: bytes, end: bytes = b"") -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            file.write(start)
            for _ in range(100):
                file.write(chunk)
            file.write(end)

    return write


MIB = 1 << 20
LONG_LINES = {
    "one cell of 100 MB": (by_chunks(HEADER_LINE + b"Waymo LLC,AVT003,", b"x" * MIB), 2),
    "one quoted cell of 100 MB": (by_chunks(HEADER_LINE + b'Waymo LLC,AVT003,"', b"x" * MIB, b'"'), 2),
    "a record of 100 million cells": (by_chunks(HEADER_LINE, b"," * MIB), 2),
    "a line of 100 MB for a header": (by_chunks(b"", b"x" * MIB), 1),
    "a header of 100 million cells": (by_chunks(b"", b"," * MIB), 1),
}


@pytest.mark.parametrize("case", LONG_LINES)
def test_a_line_of_100_mb_is_refused_in_bounded_memory(home: Home, tmp_path: Path, case: str) -> None:
    path = tmp_path / "long.csv"
    write, record = LONG_LINES[case]
    write(path)
    done, peak = home.measured(*ADD, path)
    print(f"{case}: peak {peak} MiB")
    assert_message(done, EXIT_BAD_INPUT, "a record that is too long", file="long.csv", record=record)
    assert peak < MEMORY_LIMIT_MIB
    assert not home.landed.exists()
    home.untouched()


def test_a_bad_byte_at_the_end_of_100_mb_is_found_in_bounded_memory(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    by_chunks(HEADER_LINE, (b"x" * 1023 + b"\n") * 1024, b"\0")(path)
    done, peak = home.measured(*ADD, path)
    print(f"a NUL byte at the end of 100 MB: peak {peak} MiB")
    assert_message(done, EXIT_BAD_INPUT, "binary data, not text", file="long.csv", record=102402)
    assert peak < MEMORY_LIMIT_MIB
    home.untouched()


FIGURES_HEADER = (
    b"figure,company,category,measure,segment,region,period,as_of,value,unit,bound,confidence,status,"
    b"printed,published_on,title,url,derived_from,note\n"
)
FIGURES = {
    "UTF-16": "figure,公司\n".encode("utf-16"),
    "GBK": FIGURES_HEADER + "q1,百度,x\n".encode("gbk"),
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "empty file": b"",
    "HTML": HTML,
    "header only": FIGURES_HEADER,
    "a cell of 1 MB": FIGURES_HEADER + b"q1," + b"x" * MIB + b"\n",
    "NUL bytes": FIGURES_HEADER + b"q1,\0\0\0,\n",
}


@pytest.mark.parametrize("case", FIGURES)
def test_add_refuses_transcribed_figures(home: Home, tmp_path: Path, case: str) -> None:
    path = tmp_path / "figures.csv"
    path.write_bytes(FIGURES[case])
    done = home.add("robotaxi_orders", path, edition="mine")
    assert_message(done, EXIT_BAD_INPUT, file="figures.csv")
    assert not home.landed.exists()
    home.untouched()


def test_add_refuses_nonsense_in_its_arguments(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "2024.csv"
    path.write_bytes(M)
    for edition in ("latest", "2024-final", "../2024", "Ünïcode", "", "0000", "2024-amended-x"):
        done = home.add("cadmv_mileage", path, edition=edition)
        assert_message(done, EXIT_BAD_INPUT, "edition", column="--edition")
    done = home.add("cadmv_milage", path)
    assert_message(done, EXIT_BAD_INPUT, "unknown source", "cadmv_milage", "cadmv_mileage,", column="source")
    done = home.add("cadmv_mileage", tmp_path / "not-here.csv")
    assert_message(done, EXIT_BAD_INPUT, "there is no such file", file="not-here.csv")
    done = home.add("cadmv_mileage", tmp_path)
    assert_message(done, EXIT_BAD_INPUT, "not a file that can be read", file=str(tmp_path))
    path.write_text("permit,month,distance_mi,reference\nAVT003,2018-01,1,a page\n", encoding="utf-8")
    done = home.fleetstats("add", "cadmv_mileage", path, "--edition", "2017", "--transcribed")
    assert_message(done, EXIT_BAD_INPUT, "the day of issue is missing", column="--issued-on")
    home.environment = {"FLEETSTATS_ORIGINALS": str(tmp_path / "nowhere")}
    done = home.fleetstats("run")
    assert_message(done, EXIT_CONFIGURATION, "FLEETSTATS_ORIGINALS is not a folder", file="nowhere")
    assert not home.landed.exists()
    home.untouched()


# What `run` refuses


def land_by_hand(
    home: Home, content: bytes, source: str = "cadmv_mileage", edition: str = "2024", **other: object
) -> Path:
    """A filing as a person might lay it down: the file, and a filing.yml with its true sha256."""
    folder = home.landed / source / edition
    folder.mkdir(parents=True)
    path = folder / f"{edition}.csv"
    path.write_bytes(content)
    filing = {
        "source": source,
        "edition": edition,
        "file": path.name,
        "publisher": "California Department of Motor Vehicles",
        "title": "A report",
        "url": None,
        "licence": "public record",
        "period_start": "2023-12-01",
        "period_end": "2024-11-30",
        "issued_on": "2025-02-01",
        "retrieved_on": "2025-02-02",
        "status": "original",
        "sha256": sha256(content),
        "size": len(content),
        **other,
    }
    text = yaml.safe_dump({k: v for k, v in filing.items() if v != ...}, sort_keys=False)
    (folder / "filing.yml").write_text(text)
    return path


def correction(content: bytes, **other: object) -> bytes:
    entry = {
        "original": sha256(content),
        "file": "2024.csv",
        "records": [3],
        "action": "override",
        "column": "DATE",
        "expect": "4/28/2024",
        "value": "4/27/2024",
        "reason": "a test",
        "evidence": "none",
        **other,
    }
    return yaml.safe_dump([{k: v for k, v in entry.items() if v is not None}]).encode()


def test_a_landed_file_that_was_edited_stops_the_run(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "2024-Mileage.csv"
    path.write_bytes(M)
    home.looked_at(path)
    assert home.add("cadmv_mileage", path).code == EXIT_DONE
    landed = home.landed / "cadmv_mileage" / "2024" / "2024-Mileage.csv"
    landed.write_bytes(M.replace(b"101.25", b"901.25", 1))
    done = home.fleetstats("run")
    assert_message(done, EXIT_BAD_INPUT, "a wrong checksum", sha256(M), file=str(landed))
    home.untouched()
    landed.unlink()
    done = home.fleetstats("run")
    assert_message(done, EXIT_BAD_INPUT, "the file of a filing is missing", sha256(M), file=str(landed))
    home.untouched()


FILING_FAULTS: dict[str, tuple[str, str, str]] = {
    # what is replaced in a good filing.yml, with what, and a word of the message
    "not YAML": ("source: cadmv_mileage", "source: [cadmv", "cannot be used"),
    "not a mapping": ("", "- a list\n", "cannot be used"),
    "a missing key": ("publisher: California Department of Motor Vehicles\n", "", "publisher"),
    "an unknown key": ("status: original", "status: original\nstate: CA", "state"),
    "an unknown status": ("status: original", "status: borrowed", "status"),
    "no sha256": ("sha256: ", "sha256: not-", "sha256"),
    "a day that is none": ("issued_on: '2025-02-01'", "issued_on: '2025-02-30'", "issued_on"),
    "an unquoted day that is none": ("issued_on: '2025-02-01'", "issued_on: 2025-02-30", "filing.yml"),
    "a period that ends before it begins": ("'2024-11-30'", "'2022-11-30'", "period_end"),
    "another folder's": ("edition: '2024'", "edition: '2025'", "cadmv_mileage/2025"),
    "supersedes nothing": ("status: original", "status: amended\nsupersedes: '2017'", "2017"),
    "supersedes itself": ("status: original", "status: amended\nsupersedes: '2024'", "supersedes"),
    "a path outside": ("file: 2024.csv", "file: ../2024.csv", "file"),
}


@pytest.mark.parametrize("case", FILING_FAULTS)
def test_a_broken_filing_yml_stops_the_run(home: Home, case: str) -> None:
    path = land_by_hand(home, M).with_name("filing.yml")
    old, new, word = FILING_FAULTS[case]
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1) if old else new)
    done = home.fleetstats("run")
    assert_message(done, EXIT_BAD_INPUT, word, file="cadmv_mileage/2024/filing.yml")
    home.untouched()


def test_a_filing_yml_in_another_encoding_stops_the_run(home: Home) -> None:
    path = land_by_hand(home, M).with_name("filing.yml")
    path.write_bytes(path.read_text().replace("A report", "报告").encode("gbk"))
    assert_message(home.fleetstats("run"), EXIT_BAD_INPUT, file="cadmv_mileage/2024/filing.yml")
    home.untouched()


def test_a_folder_without_filing_yml_stops_the_run(home: Home) -> None:
    land_by_hand(home, M).with_name("filing.yml").unlink()
    done = home.fleetstats("run")
    assert_message(done, EXIT_BAD_INPUT, "without filing.yml", file="cadmv_mileage/2024/filing.yml")
    home.untouched()


def test_an_edition_that_is_none_stops_the_run(home: Home) -> None:
    land_by_hand(home, M, edition="summer")
    done = home.fleetstats("run")
    assert_message(done, EXIT_BAD_INPUT, "edition", file="cadmv_mileage/summer")
    home.untouched()


def test_a_source_that_is_none_stops_the_run(home: Home) -> None:
    land_by_hand(home, M, source="cadmv_milage")
    done = home.fleetstats("run")
    assert_message(done, EXIT_BAD_INPUT, "unknown source", "cadmv_milage")
    home.untouched()


REVIEWED_FAULTS: dict[str, tuple[str, bytes]] = {
    "corrections.yml, not YAML": ("cadmv_disengagement/corrections.yml", b"- original: [\n"),
    "corrections.yml, not a list": ("cadmv_disengagement/corrections.yml", b"original: abc\n"),
    "corrections.yml, a number": ("cadmv_disengagement/corrections.yml", b"42\n"),
    "corrections.yml, an unknown action": (
        "cadmv_disengagement/corrections.yml", correction(D, action="improve")),
    "corrections.yml, an override without a value": (
        "cadmv_disengagement/corrections.yml", correction(D, value=None)),
    "corrections.yml, another encoding": (
        "cadmv_disengagement/corrections.yml", "- reason: 更正\n".encode("gbk")),
    "operator_names.csv, other columns": ("operator_names.csv", b"permit,AVT099,waymo,\n"),
    "operator_names.csv, an unknown operator": (
        "operator_names.csv", b"kind,value,operator,note\npermit,AVT099,nobody,\n"),
    "operator_names.csv, another encoding": (
        "operator_names.csv", "kind,value,operator,note\nname,百度公司,baidu,\n".encode("gbk")),
}  # fmt: skip


@pytest.mark.parametrize("case", REVIEWED_FAULTS)
def test_a_broken_reviewed_table_stops_add_and_names_the_file(home: Home, tmp_path: Path, case: str) -> None:
    name, content = REVIEWED_FAULTS[case]
    (home.landed / name).parent.mkdir(parents=True, exist_ok=True)
    (home.landed / name).write_bytes(content)
    path = tmp_path / "2024.csv"
    path.write_bytes(D)
    done = home.add("cadmv_disengagement", path)
    assert_message(done, EXIT_BAD_INPUT, file=str(home.landed / name))
    home.untouched()


def test_broken_corrections_stop_the_run(home: Home) -> None:
    path = home.landed / "cadmv_mileage" / "corrections.yml"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"- original: [\n")
    done = home.fleetstats("run")
    assert_message(done, EXIT_BAD_INPUT, "corrections that cannot be read", file=str(path))
    home.untouched()


STALE: dict[str, tuple[dict[str, object], tuple[str, ...], int, str | None]] = {
    "another value": ({"expect": "4/29/2024"}, ("4/28/2024", "'4/29/2024'"), 3, "DATE"),
    "no such record": ({"records": [99]}, ("no such record",), 99, "DATE"),
    "no such column": ({"column": "DAY"}, ("no such column",), 3, "DAY"),
    "another record's text": (
        {"action": "drop", "column": None, "value": None, "expect": "Waymo LLC,AVT003"}, ("Waymo LLC",), 3, None),
}  # fmt: skip


@pytest.mark.parametrize("case", STALE)
def test_a_stale_correction_stops(home: Home, tmp_path: Path, case: str) -> None:
    other, says, record, column = STALE[case]
    (home.landed / "cadmv_disengagement").mkdir(parents=True)
    (home.landed / "cadmv_disengagement" / "corrections.yml").write_bytes(correction(D, **other))
    path = tmp_path / "2024.csv"
    path.write_bytes(D)
    done = home.add("cadmv_disengagement", path)
    says = ("a correction no longer applies", *says)
    assert_message(done, EXIT_BAD_INPUT, *says, file="2024.csv", record=record, column=column)
    assert not (home.landed / "cadmv_disengagement" / "2024").exists()
    if case == "another value":
        land_by_hand(home, D, "cadmv_disengagement")
        done = home.fleetstats("run")
        assert_message(done, EXIT_BAD_INPUT, *says, file="2024.csv", record=record, column=column)
    home.untouched()


def test_a_run_beside_another_run_says_so(home: Home) -> None:
    land_by_hand(home, M)
    with (home.folder / "warehouse" / ".lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = listing(home.folder / "ledger")
        done = home.fleetstats("run")
        assert_message(done, EXIT_LOCKED, "another build is running", "nothing was changed", file=".lock")
        assert listing(home.folder / "ledger") == before
        home.untouched()


def test_a_record_that_cannot_be_read_blocks_until_a_correction_expects_it(home: Home) -> None:
    table = changed(events(), "31/31/2024", 2, [5])
    content = csv_bytes(table)
    land_by_hand(home, content, "cadmv_disengagement")
    done = home.fleetstats("run")
    assert_message(
        done,
        EXIT_CHECKS_FAILED,
        "nothing was published",
        "rejected_row",
        "31/31/2024",
        "corrections.yml",
        file="cadmv_disengagement/2024",
        record=5,
        column="DATE",
    )
    home.untouched()
    printed = io.StringIO()
    csv.writer(printed, lineterminator="").writerow(table[4])
    (home.landed / "cadmv_disengagement" / "corrections.yml").write_bytes(
        correction(content, records=[5], action="drop", column=None, value=None, expect=printed.getvalue())
    )
    done = home.fleetstats("run")
    assert done.code == EXIT_DONE, done.err
    where = "where filing = 'cadmv_disengagement/2024'"
    assert home.ask(f"select record from rejected_row {where}") == []
    assert home.ask(f"select record, action, printed from correction {where}") == [
        (5, "drop", printed.getvalue())
    ]
    [account] = home.ask(
        f"select records_read, records_loaded, records_dropped, records_rejected from filing_account {where} "
        "and run_id = (select max(run_id) from publication)"
    )
    assert account == (12, 11, 1, 0)
    assert home.ask(f"select sum(events) from cadmv_event_count {where}") == [(11,)]


def test_the_column_that_a_message_names_can_be_used_in_a_correction(home: Home, tmp_path: Path) -> None:
    content = csv_bytes(changed(mileage(), "12O.5", 11, [3]))
    path = tmp_path / "2024.csv"
    path.write_bytes(content)
    done = home.add("cadmv_mileage", path)
    assert_message(done, EXIT_BAD_INPUT, "'12O.5'", file="2024.csv", record=3)
    named = re.search(r"column (.+?): '12O\.5'", done.err)
    assert named is not None, done.err
    (home.landed / "cadmv_mileage").mkdir(parents=True)
    (home.landed / "cadmv_mileage" / "corrections.yml").write_bytes(
        correction(content, column=named[1], expect="12O.5", value="118.25")
    )
    home.looked_at(path)
    done = home.add("cadmv_mileage", path)
    assert done.code == EXIT_DONE, done.err
    home.untouched()


@pytest.mark.parametrize(
    ("case", "expectation", "code", "says"),
    [
        ("of an unknown type", {"type": "expect_column_values_to_be_nice", "kwargs": {"column": "km"}},
         EXIT_CONFIGURATION, ("expect_column_values_to_be_nice", "expectations/beijing_mileage.json")),
        ("that throws", {"type": "expect_column_values_to_be_between",
                         "kwargs": {"column": "no_such_column", "min_value": 0}},
         EXIT_CHECKS_FAILED, ("1 critical check failed", "beijing_mileage.no_such_column", "error")),
        ("with an unknown argument", {"type": "expect_column_values_to_be_between",
                                      "kwargs": {"column": "km", "minimum": 0}},
         EXIT_CONFIGURATION, ("minimum", "expectations/beijing_mileage.json")),
    ],
    ids=["of an unknown type", "that throws", "with an unknown argument"],
)  # fmt: skip
def test_an_expectation_that_is_not_checked_is_no_pass(
    home: Home, tmp_path: Path, case: str, expectation: dict[str, Any], code: int, says: tuple[str, ...]
) -> None:
    checkout = tmp_path / "checkout"
    ignored = shutil.ignore_patterns("__pycache__", "_packaged")
    shutil.copytree(PACKAGE, checkout / "src" / "fleetstats", ignore=ignored)
    for name in ("data", "sql", "expectations"):
        shutil.copytree(packaged(name), checkout / name)
    path = checkout / "expectations" / "beijing_mileage.json"
    suite = json.loads(path.read_text())
    suite["expectations"].append({**expectation, "severity": "warning"})
    path.write_text(json.dumps(suite))
    home.python_path = checkout / "src"
    assert_message(home.fleetstats("run"), code, *says)
    home.untouched()


# What lands without a line of code


def test_the_report_of_another_year_lands_without_code(home: Home, tmp_path: Path) -> None:
    table = changed(changed(mileage(2023), "FLEET TYPE", 17, [1]), "sedan", 17, range(2, 14))
    text = csv_bytes(table).decode().replace("DEC 2022", "DEC 2023")
    text = re.sub(r"\b(JAN|FEB|MAR|APR|MAY|JUN|JULY|AUG|SEP|OCT|NOV) 2023", r"\1 2024", text)
    text = text.replace("Waymo LLC", "WAYMO L.L.C.").replace("Apple Inc.", "Apple Incorporated")
    path = tmp_path / "2024-Mileage.csv"
    path.write_text(text, newline="")
    home.looked_at(path)
    done = home.add("cadmv_mileage", path)
    assert done.code == EXIT_DONE, done.err
    alias = "landed/operator_names.csv: name,Apple Incorporated,apple,"
    assert "landed: cadmv_mileage/2024 " in done.out
    assert "compared with cadmv_mileage/2023" in done.out
    assert "columns new: FLEET TYPE" in done.out
    assert "not known and not loaded: 'FLEET TYPE'" in done.out
    assert alias in done.out
    assert "WAYMO" not in done.out  # Case, blanks and punctuation make no new spelling
    path = tmp_path / "2024-Events.csv"
    path.write_bytes(D)
    assert home.add("cadmv_disengagement", path).code == EXIT_DONE
    home.untouched()
    done = home.fleetstats("run")
    assert done.code == EXIT_DONE, done.err
    assert alias in done.out
    rows = home.ask(
        "select operator, distance_mi_reported, disengagements, cast(period_start as varchar) "
        "from mileage_report_year where report_year = 2024 order by operator"
    )
    assert rows == [
        ("apple", miles_of(table, "AVT030"), CARS, "2023-12-01"),
        ("nuro", miles_of(table, "AVT028"), CARS, "2023-12-01"),
        ("waymo", miles_of(table, "AVT003"), CARS, "2023-12-01"),
    ]
    where = "where filing = 'cadmv_disengagement/2024'"
    assert home.ask(f"select count(*), sum(difference) from crosscheck_events {where}") == [(3, 0)]
    again = home.fleetstats("run")
    assert (again.code, "Nothing changed" in again.out) == (EXIT_DONE, True)


def test_the_lines_that_an_unknown_permit_asks_for_are_enough(home: Home, tmp_path: Path) -> None:
    table = changed(changed(mileage(), "AVT099", 1, [4]), "Tiny Robots, Inc.", 0, [4])
    path = tmp_path / "2024.csv"
    path.write_bytes(csv_bytes(table))
    done = home.add("cadmv_mileage", path)
    assert_message(done, EXIT_BAD_INPUT, "unknown permit", file="2024.csv", record=4, column="Permit Number")
    lines = re.findall(r"(?:this line|this one) to (\S+): (.*)", done.err)
    assert len(lines) == 2
    for name, line in lines:
        columns = (packaged("data") / Path(name).name).read_text(encoding="utf-8").splitlines()[0]
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(f"{columns}\n{line}\n", encoding="utf-8")
    home.looked_at(path)
    done = home.add("cadmv_mileage", path)
    assert done.code == EXIT_DONE, done.err
    assert "landed: cadmv_mileage/2024 " in done.out
    home.untouched()


def test_other_bytes_are_an_amendment_and_other_record_ends_are_not(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "2024.csv"

    def add(content: bytes, edition: str = "2024", *more: str) -> Done:
        path.write_bytes(content)
        home.looked_at(path, edition)
        return home.add("cadmv_mileage", path, *more, edition=edition)

    assert "landed: cadmv_mileage/2024" in add(M).out
    for same in (M, M.replace(b"\r\n", b"\n"), M.removesuffix(b"\r\n"), M.replace(b"\r\n", b"\n").rstrip()):
        assert "already held: cadmv_mileage/2024 " in add(same).out
    done = add(M, "2023")
    assert_message(done, EXIT_BAD_INPUT, "held under another edition", "--edition 2024", file="2024.csv")
    first, second = (csv_bytes(mileage(first_miles=miles)) for miles in ("2,000.00", "3,000.00"))
    done = add(first)
    assert "landed: cadmv_mileage/2024-amended-1 " in done.out
    assert "supersedes cadmv_mileage/2024\n" in done.out
    done = add(second)
    assert "landed: cadmv_mileage/2024-amended-2 " in done.out
    assert "supersedes cadmv_mileage/2024-amended-1\n" in done.out
    done = add(csv_bytes(mileage(2023)), "2023", "--dry-run")
    assert "would land: cadmv_mileage/2023-amended-1 " in done.out
    assert "supersedes cadmv_mileage/2023\n" in done.out
    assert sorted(p.name for p in (home.landed / "cadmv_mileage").iterdir()) == [
        "2024",
        "2024-amended-1",
        "2024-amended-2",
        "recognition.csv",
    ]
    home.untouched()
    done = home.fleetstats("run")
    assert done.code == EXIT_DONE, done.err
    rows = home.ask("select edition, in_force, status from filing where edition like '2024%' order by 1")
    assert rows == [
        ("2024", False, "original"),
        ("2024-amended-1", False, "amended"),
        ("2024-amended-2", True, "amended"),
    ]
    rows = home.ask(
        "select distance_mi_reported, filing from mileage_report_year "
        "where report_year = 2024 and operator = 'waymo'"
    )
    total = miles_of(mileage(first_miles="3,000.00"), "AVT003")
    assert rows == [(total, "cadmv_mileage/2024-amended-2")]


# With the publisher's own files


@pytest.fixture(scope="module")
def mileage_2023(originals: Path) -> Path:
    """The DMV's own mileage report of 2023."""
    found = sorted(originals.rglob("2023-Autonomous-Mileage-Reports-CSV.csv"))
    assert found, f"FLEETSTATS_ORIGINALS has no 2023-Autonomous-Mileage-Reports-CSV.csv: {originals}"
    return found[0]


def test_the_real_report_of_2023_lands_as_one_of_2024(home: Home, tmp_path: Path, mileage_2023: Path) -> None:
    header, body = mileage_2023.read_bytes().split(b"\r\n", 1)
    header = header.replace(b"2023", b"2024").replace(b"DEC 2022", b"DEC 2023")
    names = {line.split(b",")[0] for line in body.splitlines() if not line.startswith(b'"')} - {b""}
    for name in names:
        body = body.replace(b"\r\n" + name + b",", b"\r\n" + name.swapcase() + b",")
    path = tmp_path / "2024-Autonomous-Mileage-Reports-CSV.csv"
    path.write_bytes(header + b"\r\n" + body)
    home.looked_at(path)
    done = home.add("cadmv_mileage", path)
    assert done.code == EXIT_DONE, done.err
    assert "warning" not in done.out
    assert "rows: 1,603, against 1,603 in cadmv_mileage/2023 (+0%)" in done.out
    home.untouched()
    home.environment = {"FLEETSTATS_ORIGINALS": os.environ["FLEETSTATS_ORIGINALS"]}
    done = home.fleetstats("run")
    assert done.code == EXIT_DONE, done.err
    # Waymo's months of 2023 do not sum to its printed total: reviewed for that year, new in another
    assert "warning: crosscheck_months.unexplained" in done.out
    years = [
        home.ask(
            "select operator, distance_mi_reported, disengagements from mileage_report_year "
            f"where filing = 'cadmv_mileage/{year}' order by operator"
        )
        for year in (2023, 2024)
    ]
    assert len(years[0]) > 20
    assert years[0] == years[1]


def test_copies_of_a_real_report_are_the_edition_of_its_digest(
    home: Home, tmp_path: Path, mileage_2023: Path
) -> None:
    content = mileage_2023.read_bytes()
    path = tmp_path / "copy.csv"
    path.write_bytes(content.replace(b"\r\n", b"\n"))
    done = home.add("cadmv_mileage", path, edition="2023")
    assert done.code == EXIT_DONE, done.err
    assert "landed: cadmv_mileage/2023 " in done.out
    assert "supersedes" not in done.out
    path.write_bytes(content)
    done = home.add("cadmv_mileage", path, edition="2023")
    assert "already held: cadmv_mileage/2023 " in done.out
    home.untouched()
