"""How each language writes numbers, days and lists: `locale/<language>/habits.toml`, one file per language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, Literal

from fleetstats.core.errors import ConfigurationError

Rounding = Literal["nearest", "down", "up"]

FILE = "habits.toml"
_ROUNDING = {"nearest": ROUND_HALF_EVEN, "down": ROUND_FLOOR, "up": ROUND_CEILING}


@dataclass(frozen=True)
class Scale:
    """From `start` on, numbers are counted in it and end in `suffix`, with `decimals`.

    `most`: the most decimals where a reader is given more of them (default: no limit). From `whole_from` on there are
    none, unless more are asked for.
    """

    start: int
    suffix: str
    decimals: int
    most: int | None = None
    whole_from: int | None = None

    def places(self, value: Decimal, more: int) -> int:
        """Decimals of a number."""
        if self.whole_from is not None and value >= self.whole_from and not more:
            return 0
        places = self.decimals + more
        return places if self.most is None else min(places, self.most)


@dataclass(frozen=True)
class Habits:
    """What a language's file says; patterns have the slots that the methods fill.

    `name` is the language in its own words, `tag` its name in HTML (BCP 47). `scales` are the largest first;
    differences below `whole_below` are written in full, and a table has `table_decimals` more than a sentence.
    `quarter_titles` stand alone, `quarters_in_text` within a sentence, one for each quarter. `item_comma` and
    `last_item` join things, `phrase_comma` and `semicolon` what is said of them, and `sentence_gap` stands between
    sentences.
    """

    name: str
    tag: str
    scales: tuple[Scale, ...]
    whole_below: int
    table_decimals: int
    day: str
    day_of_year: str
    month: str
    months_short: tuple[str, ...]
    months_long: tuple[str, ...]
    quarter: str
    quarter_titles: tuple[str, ...]
    quarters_in_text: tuple[str, ...]
    item_comma: str
    last_item: str
    phrase_comma: str
    semicolon: str
    sentence_gap: str

    def quantity(self, value: float, *, rounding: Rounding = "nearest", more: int = 0) -> str:
        """A number as a reader says it: 13.8M, 163K; 1378万, 16.3万, 1.23亿. `more` adds decimals.

        Lower bounds are rounded down and firm upper bounds up, so that what is printed stays true.
        """
        exact = Decimal(repr(float(value)))
        for index, scale in enumerate(self.scales):
            if abs(exact) < scale.start:
                continue
            text = _rounded(exact / scale.start, scale.places(abs(exact), more), rounding)
            larger = self.scales[index - 1] if index else None
            if larger and Decimal(text) * scale.start >= larger.start:  # 999,999 is 1.0M, not 1000K
                return _rounded(exact / larger.start, larger.decimals, rounding) + larger.suffix
            return text + scale.suffix
        return _rounded(exact, 0, rounding)

    def difference(self, value: float) -> str:
        """How much more one number is than another: in full where it is small enough to be read so."""
        return f"{value:,.0f}" if value < self.whole_below else self.quantity(value)

    def figure(self, value: float) -> str:
        """A number in a table."""
        return self.quantity(value, more=self.table_decimals)

    def tick(self, value: float) -> str:
        """A round number on an axis: 0, 500K, 5M; 50万, 500万."""
        for scale in self.scales:
            if abs(value) >= scale.start:
                return f"{value / scale.start:.6g}{scale.suffix}"
        return f"{value:.6g}"

    def day_named(self, value: date) -> str:
        """31 Dec 2022; 2022年12月31日."""
        return self.day.format(day=value.day, month=self._month(value), year=value.year)

    def day_of_year_named(self, value: date) -> str:
        """31 Dec; 12月31日."""
        return self.day_of_year.format(day=value.day, month=self._month(value))

    def month_named(self, value: date) -> str:
        """Dec 2022; 2022年12月."""
        return self.month.format(month=self._month(value), year=value.year)

    def month_alone(self, value: date) -> str:
        """December; 12月."""
        return self.months_long[value.month - 1]

    def _month(self, value: date) -> str:
        return self.months_short[value.month - 1]

    def quarter_named(self, code: str) -> str:
        """2023Q3; 2023年第3季度."""
        return self.quarter.format(year=code[:4], quarter=code[-1])

    def quarter_title(self, code: str) -> str:
        """Third quarter of 2023; 2023年第3季度."""
        return self.quarter_titles[int(code[-1]) - 1].format(year=code[:4])

    def quarter_in_text(self, code: str) -> str:
        """Such as "third quarter of 2023" within a sentence; 2023年第3季度."""
        return self.quarters_in_text[int(code[-1]) - 1].format(year=code[:4])

    def items(self, items: Sequence[str]) -> str:
        """A, B, C; A、B、C."""
        return self.item_comma.join(items)

    def listed(self, items: Sequence[str]) -> str:
        """A, B and C; A、B和C."""
        if len(items) < 2:
            return "".join(items)
        return self.item_comma.join(items[:-1]) + self.last_item + items[-1]


def _rounded(value: Decimal, places: int, rounding: Rounding) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-places), rounding=_ROUNDING[rounding]):f}"


def read_habits(path: Path) -> Habits:
    """The habits of a language. Raises `ConfigurationError` for a file that lacks one or has one too many."""
    import tomllib

    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
        scales = tuple(Scale(**scale) for scale in found.pop("scales"))
        return Habits(scales=scales, **_frozen(found))
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(
            f"the habits of a language cannot be read\n  where:    {path}\n  found:    {error}\n"
            "  to do:    give it the keys that locale/en/habits.toml has"
        ) from error


def _frozen(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}
