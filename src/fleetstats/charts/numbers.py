"""Numbers, days and lists as a reader of each language says them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Literal

from fleetstats.charts.style import Language

Rounding = Literal["nearest", "down", "up"]

_UNITS: dict[Language, tuple[tuple[int, str, int], ...]] = {
    # from, suffix, decimals
    "en": ((10**9, "B", 2), (10**6, "M", 1), (10**3, "K", 0)),
    "zh": ((10**8, "亿", 2), (10**4, "万", 1)),
}
_ROUNDING = {"nearest": ROUND_HALF_EVEN, "down": ROUND_FLOOR, "up": ROUND_CEILING}


def quantity(value: float, language: Language, *, rounding: Rounding = "nearest", more: int = 0) -> str:
    """A number as a reader says it: 13.8M, 163K; 1378万, 16.3万, 1.23亿. `more` adds decimals.

    Lower bounds are rounded down and firm upper bounds up, so that what is printed stays true.
    """
    exact = Decimal(repr(float(value)))
    for index, (start, suffix, decimals) in enumerate(_UNITS[language]):
        if abs(exact) < start:
            continue
        places = 0 if suffix == "万" and abs(exact) >= 10**7 and not more else decimals + more
        if language == "zh":
            places = min(places, decimals)
        text = _rounded(exact / start, places, rounding)
        if index and Decimal(text) * start >= _UNITS[language][index - 1][0]:  # 999,999 is 1.0M, not 1000K
            larger, name, places = _UNITS[language][index - 1]
            return _rounded(exact / larger, places, rounding) + name
        return text + suffix
    return _rounded(exact, 0, rounding)


def _rounded(value: Decimal, places: int, rounding: Rounding) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-places), rounding=_ROUNDING[rounding]):f}"


def tick(value: float, language: Language) -> str:
    """A round number on an axis: 0, 500K, 5M; 50万, 500万."""
    for start, suffix, _ in _UNITS[language]:
        if abs(value) >= start:
            return f"{value / start:.6g}{suffix}"
    return f"{value:.6g}"


def day(value: date, language: Language, *, year: bool = True) -> str:
    """31 Dec 2022; 2022年12月31日."""
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日" if year else f"{value.month}月{value.day}日"
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    return f"{value.day} {months[value.month - 1]}" + (f" {value.year}" if year else "")


def listed(items: Sequence[str], language: Language) -> str:
    """A, B and C; A、B和C."""
    if len(items) < 2:
        return "".join(items)
    comma, last = ("、", "和") if language == "zh" else (", ", " and ")
    return comma.join(items[:-1]) + last + items[-1]
