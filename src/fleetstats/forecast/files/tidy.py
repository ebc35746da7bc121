"""Anybody's tidy file in: `series_id, period, value`. Good series out, and a list of what is wrong with the rest.

What is wrong with the file as a whole (no such columns, empty, not CSV in UTF-8) raises `BadInput`; what is
wrong with a series leaves that series out and the others in.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fleetstats.core.errors import BadInput, shorten
from fleetstats.core.reading import MIB, refuse_unreadable
from fleetstats.forecast.engine.series import (
    EXAMPLES,
    PERIODS_A_YEAR,
    Frequency,
    Series,
    period_number,
    period_text,
)

COLUMNS = ("series_id", "period", "value")
BOUND_COLUMN = "at_least"

LEAST_VALUES = 2
"""A series of one value says nothing about how it moves: it is refused in a file."""

MOST_PERIODS = 10_000
"""From its first to its last period; more is a period mistyped."""

LARGEST = 1e15
"""Largest value; whole numbers beyond it are not exact."""

_LARGEST = 4096 * MIB


@dataclass(frozen=True)
class BadSeries:
    """What is wrong with one series: where, what was found, what was expected, what to do."""

    series_id: str
    line: int
    problem: str
    found: str
    expected: str
    todo: str

    def message(self, file: object) -> str:
        """As a text of several lines, in the form of every other error."""
        name = self.series_id or "(no name)"
        problem = f"series {shorten(name, 80)}: {self.problem}"
        return str(
            BadInput(
                problem, file=file, record=self.line, found=self.found, expected=self.expected, todo=self.todo
            )
        )


@dataclass(frozen=True, eq=False)
class TidyFile:
    """`series`: in the order in which they first appear. `missing`: periods without a value, by series."""

    series: list[Series]
    bad: list[BadSeries]
    missing: dict[str, tuple[str, ...]]
    rows: int


@dataclass
class _Gathered:
    """One series while it is read: its values by period number, and the lines they came from."""

    first_line: int
    values: dict[int, float] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    bounds: set[int] = field(default_factory=set)
    bad: BadSeries | None = None


def read_tidy(path: Path, frequency: Frequency, *, least: int = LEAST_VALUES, horizon: int = 0) -> TidyFile:
    """The series of a tidy CSV file; rows in any order, further columns are not read.

    An empty cell, and a period that has no row between those that have, is a missing value: it stays missing,
    and models that need a regular series get an imputed one. A column `at_least` (true, false), where there is
    one, says that a value is a lower bound. A series whose next `horizon` periods pass the year 9999 is bad.
    """
    gathered: dict[str, _Gathered] = {}
    rows = 0
    for line, cells in tidy_rows(path, COLUMNS):
        rows += 1
        name = cells["series_id"]
        one = gathered.setdefault(name, _Gathered(line))
        if one.bad is None:
            one.bad = _take(one, name, line, cells, frequency)
    if not rows:
        raise BadInput(
            "a file without rows",
            file=path,
            found="a header only",
            expected=",".join(COLUMNS),
            todo="add rows",
        )
    series, bad, missing = [], [], {}
    for name, one in gathered.items():
        problem = (
            one.bad or _too_little(one, name, frequency, least) or _too_late(one, name, frequency, horizon)
        )
        if problem is not None:
            bad.append(problem)
            continue
        made = _series(one, name, frequency)
        series.append(made)
        gaps = tuple(p for p, v in zip(made.periods, made.values, strict=True) if math.isnan(v))
        if gaps:
            missing[name] = gaps
    return TidyFile(series, bad, missing, rows)


def tidy_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line by line, with the number of the line a record ends on; cells without blanks around them.

    Raises `BadInput` where the file as a whole cannot be read as such a table.
    """
    expected = f"a CSV file in UTF-8 with the columns {','.join(columns)}"
    try:
        refuse_unreadable(path, _LARGEST)
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            if not header:
                raise BadInput("an empty file", file=path, found="no header", expected=expected)
            absent = [name for name in columns if name not in header]
            if absent or len(set(header)) < len(header):
                problem = f"there is no column {', '.join(absent)}" if absent else "two columns of one name"
                raise BadInput(
                    problem, file=path, record=1, found=",".join(header), expected=expected,
                    todo="name the columns in the first line",
                )  # fmt: skip
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    if any(cell.strip() for cell in cells[len(header) :]):
                        raise BadInput(
                            "a row with more cells than columns", file=path, record=reader.line_num,
                            found=shorten(",".join(cells), 80), expected=f"{len(header)} cells",
                            todo="quote a cell that has a comma in it; write numbers without separators",
                        )  # fmt: skip
                    padded = cells + [""] * (len(header) - len(cells))
                    yield reader.line_num, {k: v.strip() for k, v in zip(header, padded, strict=False)}
    except UnicodeDecodeError as error:
        raise BadInput("not a text file in UTF-8", file=path, found=str(error), expected=expected) from error
    except csv.Error as error:
        raise BadInput("not a CSV file", file=path, found=str(error), expected=expected) from error
    except FileNotFoundError as error:
        raise BadInput("there is no such file", file=path, expected=expected) from error
    except IsADirectoryError as error:
        raise BadInput("a folder, not a file", file=path, expected=expected) from error


def number_in(text: str) -> float | None:
    """A number written with a decimal point, or None. Not what Python alone would take: 1_000, nan, ١٢."""
    if not text.isascii() or "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _take(
    one: _Gathered, name: str, line: int, cells: dict[str, str], frequency: Frequency
) -> BadSeries | None:
    """Adds a row to its series, or says what is wrong with it."""
    if not name:
        return BadSeries(
            name,
            line,
            "a row without the name of its series",
            "an empty series_id",
            "a name",
            "fill in the name",
        )
    example = EXAMPLES[frequency]
    try:
        period = period_number(cells["period"], frequency)
    except ValueError:
        return BadSeries(
            name, line, "a period that cannot be read", f"period {cells['period']!r}",
            f"a period such as {example} (--frequency {frequency})", "write it so, or give another --frequency",
        )  # fmt: skip
    if period in one.values:
        return BadSeries(
            name, line, "a period that is there twice",
            f"{period_text(period, frequency)} on line {one.lines[period]} and on line {line}",
            "one row for each period", "keep the row that is right",
        )  # fmt: skip
    value, problem = _value(name, line, cells["value"])
    if problem is not None:
        return problem
    bound = cells.get(BOUND_COLUMN, "").lower()
    if bound not in {"", "true", "false"}:
        return BadSeries(
            name, line, "a bound that cannot be read", f"{BOUND_COLUMN} {shorten(bound, 40)!r}", "true or false",
            "say true where the value is a lower bound",
        )  # fmt: skip
    one.values[period], one.lines[period] = value, line
    if bound == "true":
        one.bounds.add(period)
    return None


def _value(name: str, line: int, text: str) -> tuple[float, BadSeries | None]:
    """The number in a cell, NaN for an empty one; or what is wrong with it."""
    value = number_in(text) if text else math.nan
    if value is None or abs(value) > LARGEST:
        return math.nan, BadSeries(
            name, line, "a value that is not a number" if value is None else "a value that is too large",
            f"value {shorten(text, 60)!r}", f"a number from 0 to {LARGEST:.0e} such as 1234.5, or an empty cell",
            "write the number without separators or units; leave the cell empty where it is not known",
        )  # fmt: skip
    if value < 0:
        return math.nan, BadSeries(
            name, line, "a negative value", f"value {text}", "increments of zero or more",
            "correct it; a cumulative total has to be turned into increments first",
        )  # fmt: skip
    return value, None


def _too_little(one: _Gathered, name: str, frequency: Frequency, least: int) -> BadSeries | None:
    known = [period for period, value in one.values.items() if not math.isnan(value)]
    if len(known) < least:
        return BadSeries(
            name, one.first_line, "too few values to forecast",
            f"{len(known)} value{'' if len(known) == 1 else 's'}", f"at least {least}", "add earlier periods",
        )  # fmt: skip
    if max(known) - min(known) >= MOST_PERIODS:
        latest = max(known)
        return BadSeries(
            name, one.lines[latest], "periods too far apart",
            f"{period_text(min(known), frequency)} to {period_text(latest, frequency)}",
            f"at most {MOST_PERIODS:,} periods", "correct the period",
        )  # fmt: skip
    return None


def _too_late(one: _Gathered, name: str, frequency: Frequency, horizon: int) -> BadSeries | None:
    latest = max(period for period, value in one.values.items() if not math.isnan(value))
    if latest + horizon < 10_000 * PERIODS_A_YEAR[frequency]:
        return None
    return BadSeries(
        name, one.lines[latest], "a period too late to forecast from", period_text(latest, frequency),
        f"{horizon} more periods before the year 10000", "correct the period",
    )  # fmt: skip


def _series(one: _Gathered, name: str, frequency: Frequency) -> Series:
    known = [period for period, value in one.values.items() if not math.isnan(value)]
    first, count = min(known), max(known) - min(known) + 1
    values, at_least = np.full(count, np.nan), np.zeros(count, dtype=np.bool_)
    for period in known:
        values[period - first] = one.values[period]
        at_least[period - first] = period in one.bounds
    return Series(name, frequency, period_text(first, frequency), values, at_least)
