"""What the charts of California's test kilometres share: rows by scope, and the text of a bound."""

from __future__ import annotations

from collections.abc import Sequence

from fleetstats.charts.frames import Row, name_of
from fleetstats.core.words import Words

TOP = 6
"""Operators that a panel names; the others are drawn together or in grey."""


def by_scope(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows by scope, testing with a driver first."""
    scopes = sorted({str(r["scope"]) for r in rows}, key=lambda s: ("driverless" in s, s))
    return {scope: [r for r in rows if r["scope"] == scope] for scope in scopes}


def scope_note(rows: Sequence[Row], words: Words) -> str:
    """The scopes by name, and that they are never added."""
    names = list(dict.fromkeys(name_of(r, "scope", words) for one in by_scope(rows).values() for r in one))
    return scopes_named(names, words)


def scopes_named(names: Sequence[str], words: Words) -> str:
    """The scopes of a picture; where there are several, that they are never added."""
    said = [
        words.say_counted(
            "Scope: {scopes}.", "Scopes: {scopes}.", len(names), scopes=words.habits.semicolon.join(names)
        )
    ]
    if len(names) > 1:
        said.append(words.say("They are never added."))
    return words.habits.sentence_gap.join(said)


def km(value: float, bound: str | None, words: Words) -> str:
    """A distance with its bound: `≥ 15.6M km`."""
    least = bound == "at_least"
    amount = words.habits.quantity(value, rounding="down" if least else "nearest")
    if least:
        return words.say("≥ {amount} km", amount=amount)
    if bound in ("approximate", "between"):
        return words.say("≈ {amount} km", amount=amount)
    return words.say("{amount} km", amount=amount)


def others(count: int, words: Words) -> str:
    """`12 others`."""
    return words.say_counted("{n} other", "{n} others", count)


__all__ = ["TOP", "by_scope", "km", "others", "scope_note", "scopes_named"]
