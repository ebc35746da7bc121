"""A series of increments on consecutive periods, and the arithmetic of such periods.

Pure: nothing here reads or writes. Sizes: `n` is the number of periods of a series.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Frequency = Literal["M", "Q", "Y"]
FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)

PERIODS_A_YEAR: dict[Frequency, int] = {"M": 12, "Q": 4, "Y": 1}
EXAMPLES: dict[Frequency, str] = {"M": "2025-11", "Q": "2025Q4", "Y": "2025"}

_FORMS: dict[Frequency, re.Pattern[str]] = {
    "M": re.compile(r"(\d{4})-(0[1-9]|1[0-2])"),
    "Q": re.compile(r"(\d{4})Q([1-4])"),
    "Y": re.compile(r"(\d{4})()"),
}


def period_number(text: str, frequency: Frequency) -> int:
    """A period as a count of periods since year 0, so that consecutive periods differ by 1.

    Raises `ValueError` where `text` is not a period of this frequency, written as in `EXAMPLES`.
    """
    match = _FORMS[frequency].fullmatch(text) if text.isascii() else None
    if match is None:
        raise ValueError(f"not a period such as {EXAMPLES[frequency]}: {text!r}")
    return int(match[1]) * PERIODS_A_YEAR[frequency] + (int(match[2]) - 1 if match[2] else 0)


def period_text(number: int, frequency: Frequency) -> str:
    """The inverse of `period_number`."""
    year, part = divmod(number, PERIODS_A_YEAR[frequency])
    if not 0 <= year <= 9999:
        raise ValueError(f"a period outside the years 0 to 9999: {year}")
    return f"{year:04d}" + {"M": f"-{part + 1:02d}", "Q": f"Q{part + 1}", "Y": ""}[frequency]


@dataclass(frozen=True, eq=False)
class Series:
    """Increments per consecutive period, such as orders in each quarter.

    `values`: shape (n,), float64, in the unit of the measure; NaN is a missing period and stays missing.
    `at_least`: shape (n,), bool; the value is a lower bound ("over 1.4 million").
    `initial`: the cumulative total before the first period; it counts even where increments are unknown.
    """

    series_id: str
    frequency: Frequency
    first_period: str
    values: NDArray[np.float64]
    at_least: NDArray[np.bool_]
    initial: float = 0.0

    def __post_init__(self) -> None:
        """Copies the arrays, so that a series never changes, and refuses what is no series."""
        if self.frequency not in PERIODS_A_YEAR:
            raise ValueError(f"frequency is one of {', '.join(FREQUENCIES)}, not {self.frequency!r}")
        first = period_number(self.first_period, self.frequency)
        values = np.array(self.values, dtype=np.float64)
        at_least = np.array(self.at_least, dtype=np.bool_)
        if values.ndim != 1 or values.size == 0 or at_least.shape != values.shape:
            raise ValueError(f"{self.series_id}: values and at_least need one equal length of at least 1")
        if np.isinf(values).any() or not np.isfinite(self.initial):
            raise ValueError(f"{self.series_id}: an infinite value")
        period_text(first + values.size - 1, self.frequency)
        values.setflags(write=False)
        at_least.setflags(write=False)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "at_least", at_least)

    @property
    def periods(self) -> tuple[str, ...]:
        """All periods from the first to the last, missing ones included; n of them."""
        first = period_number(self.first_period, self.frequency)
        return tuple(period_text(first + i, self.frequency) for i in range(self.values.size))

    @property
    def end(self) -> str:
        """The last period."""
        return period_text(
            period_number(self.first_period, self.frequency) + self.values.size - 1, self.frequency
        )

    def next_periods(self, horizon: int) -> tuple[str, ...]:
        """The `horizon` periods after the last one."""
        last = period_number(self.end, self.frequency)
        return tuple(period_text(last + h, self.frequency) for h in range(1, horizon + 1))

    def truncated(self, to_period: str) -> Series:
        """The series up to and with `to_period`, as if nothing later were known.

        Raises `ValueError` where the series begins after it; one that ends before stays as it is.
        """
        count = (
            period_number(to_period, self.frequency) - period_number(self.first_period, self.frequency) + 1
        )
        if count < 1:
            raise ValueError(f"{self.series_id} begins with {self.first_period}, after {to_period}")
        return replace(self, values=self.values[:count], at_least=self.at_least[:count])

    def observed(self) -> Series | None:
        """Without missing periods at its ends (those between stay missing); None if nothing was observed."""
        known = np.flatnonzero(~np.isnan(self.values))
        if known.size == 0:
            return None
        first, last = int(known[0]), int(known[-1])
        begin = period_number(self.first_period, self.frequency) + first
        return replace(
            self,
            first_period=period_text(begin, self.frequency),
            values=self.values[first : last + 1],
            at_least=self.at_least[first : last + 1],
        )
