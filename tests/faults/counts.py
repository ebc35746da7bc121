"""What a row of the table of faults counts, and where the rows are kept so that a run can be gone on with."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

HEADER = (
    "| fault | tries | lost | mixed | wrong | tracebacks | hangs | leftovers | longest recovery | notes |"
)
RULE = "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"


@dataclass
class Row:
    """One kind of fault.

    `lost`: nothing could be read, or a ledger had fewer rows. `mixed`: what was read was no publication that was ever
    made. `wrong`: a figure was published that a build from scratch does not give, or a command said what was not so.
    """

    fault: str
    tries: int = 0
    lost: int = 0
    mixed: int = 0
    wrong: int = 0
    tracebacks: int = 0
    hangs: int = 0
    leftovers: int = 0
    longest_recovery: float = 0.0
    notes: str = ""
    details: list[str] = field(default_factory=list)

    def bad(self, what: str, detail: str) -> None:
        """Count one of the columns that have to be zero, and keep what it was."""
        setattr(self, what, getattr(self, what) + 1)
        self.details.append(f"{what}: {detail[:600]}")

    @property
    def clean(self) -> bool:
        """Whether every column that has to be zero is."""
        return not (self.lost or self.mixed or self.wrong or self.tracebacks or self.hangs or self.leftovers)

    def line(self) -> str:
        """As a line of the table."""
        cells = (
            self.fault, f"{self.tries:,}", self.lost, self.mixed, self.wrong, self.tracebacks, self.hangs,
            self.leftovers,
            f"{self.longest_recovery:.1f} s" if self.longest_recovery else "", self.notes,
        )  # fmt: skip
        return "| " + " | ".join(map(str, cells)) + " |"


class Kept:
    """The rows that are done, in a file; a run that was stopped goes on after them."""

    def __init__(self, path: Path, key: dict[str, object]) -> None:
        self._path = path
        self._key = key
        self.rows: dict[str, Row] = {}
        if path.exists():
            known = json.loads(path.read_text(encoding="utf-8"))
            if known["key"] == key:
                self.rows = {row["fault"]: Row(**row) for row in known["rows"]}

    def add(self, row: Row) -> None:
        """Keep a row."""
        self.rows[row.fault] = row
        rows = [asdict(one) for one in self.rows.values()]
        self._path.write_text(
            json.dumps({"key": self._key, "rows": rows}, indent=1, ensure_ascii=False), encoding="utf-8"
        )


def table(rows: Iterable[Row]) -> str:
    """The rows as a table for people."""
    return "\n".join([HEADER, RULE, *(row.line() for row in rows)])


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """So far."""
        return time.monotonic() - self._began
