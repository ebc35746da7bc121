"""What the charts of California's test kilometres share: rows by scope, and the words of a bound."""

from __future__ import annotations

from collections.abc import Sequence

from fleetstats.charts.frames import Row, name_of
from fleetstats.charts.numbers import listed, quantity
from fleetstats.charts.style import Language

TOP = 6
"""Operators that a panel names; the others are drawn together or in grey."""


def by_scope(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows by scope, testing with a driver first."""
    scopes = sorted({str(r["scope"]) for r in rows}, key=lambda s: ("driverless" in s, s))
    return {scope: [r for r in rows if r["scope"] == scope] for scope in scopes}


def scope_note(rows: Sequence[Row], language: Language) -> str:
    """The scopes by name, and that they are never added."""
    names = list(dict.fromkeys(name_of(r, "scope", language) for one in by_scope(rows).values() for r in one))
    if language == "zh":
        return f"统计口径：{'；'.join(names)}。" + ("各口径从不相加。" if len(names) > 1 else "")
    return f"Scope{'s' if len(names) > 1 else ''}: {'; '.join(names)}." + (
        " They are never added." if len(names) > 1 else ""
    )


def km(value: float, bound: str | None, language: Language) -> str:
    """A distance with its bound: `≥ 15.6M km`."""
    least = bound == "at_least"
    text = quantity(value, language, rounding="down" if least else "nearest")
    sign = "≥ " if least else "≈ " if bound in ("approximate", "between") else ""
    return f"{sign}{text} km" if language == "en" else f"{sign.strip()}{text}公里"


def others(count: int, language: Language) -> str:
    """`12 others`."""
    return f"其他{count}家" if language == "zh" else f"{count} other{'s' if count > 1 else ''}"


__all__ = ["TOP", "by_scope", "km", "listed", "others", "scope_note"]
