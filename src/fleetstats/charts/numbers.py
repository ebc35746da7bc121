"""Changes between figures: what is known of them where figures are bounds, and their words."""

from __future__ import annotations

from fleetstats.core.words import Words


def change_bound(now: str | None, before: str | None) -> str | None:
    """What is known of the change between two figures of these bounds: exact, at_least, at_most, or nothing (None)."""
    up = now == "at_least" or before == "at_most"
    down = now == "at_most" or before == "at_least"
    if up and down:
        return None
    return "at_least" if up else "at_most" if down else "exact"


def signed(percent: float, bound: str) -> str:
    """A change with its sign and bound: +73%, ≥ +9%, ≤ \u221255%."""
    sign = {"at_least": "≥ ", "at_most": "≤ "}.get(bound, "")
    return sign + f"{percent:+,.0f}%".replace("-", "\u2212")


def turned(percent: float, bound: str, words: Words) -> str:
    """A change in words: up 73%, down at least 55%; 增73%, 减至少55%."""
    up, size = percent >= 0, f"{abs(percent):.0f}%"
    if bound == "exact":
        return words.say("up {percent}", percent=size) if up else words.say("down {percent}", percent=size)
    if (bound == "at_least") == up:  # a fall of at most −55 % is one of at least 55 %
        if up:
            return words.say("up at least {percent}", percent=size)
        return words.say("down at least {percent}", percent=size)
    if up:
        return words.say("up at most {percent}", percent=size)
    return words.say("down at most {percent}", percent=size)
