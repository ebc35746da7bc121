"""Words in both languages, and parts of sentences that lead to where their number comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from fleetstats.charts.numbers import Rounding, quantity, signed
from fleetstats.charts.style import LANGUAGES
from fleetstats.core.periods import parse_period


class Text(NamedTuple):
    """The same in English and in Chinese."""

    en: str
    zh: str

    def __add__(self, other: object) -> Text:
        """One after the other."""
        if not isinstance(other, Text):
            return NotImplemented
        return Text(self.en + other.en, self.zh + other.zh)


def same(text: str) -> Text:
    """Words that are the same in both languages."""
    return Text(text, text)


@dataclass(frozen=True)
class Part:
    """A piece of a sentence; with `href` it is a link to the row that its number is from."""

    text: Text
    href: str | None = None


Sentence = list[Part]


def plain(sentence: Sentence) -> Text:
    """A sentence without its links."""
    return Text("".join(p.text.en for p in sentence), "".join(p.text.zh for p in sentence))


def amount(value: float, bound: str | None = None, unit: Text | None = None) -> Text:
    """A number as a reader says it, with its bound: over 1.4M; 超过140.0万."""
    least = bound == "at_least"
    rounding: Rounding = "down" if least else "nearest"
    more = int(value >= 10**6)
    en, zh = (quantity(value, language, rounding=rounding, more=more) for language in LANGUAGES[::-1])
    sign = {"at_least": Text("over ", "超过"), "at_most": Text("at most ", "至多")}.get(str(bound), same(""))
    if bound in ("approximate", "between"):
        sign = Text("about ", "约")
    return sign + Text(en, zh) + (unit or same(""))


def percent(change: float, bound: str = "exact") -> Text:
    """A change in percent with its sign and bound: +73%, \u22125%, ≥ +9%."""
    return same(signed(change, bound))


def quarter_name(quarter: str) -> Text:
    """Third quarter of 2023; 2023年第3季度."""
    ordinal = ("First", "Second", "Third", "Fourth")[int(quarter[-1]) - 1]
    return Text(f"{ordinal} quarter of {quarter[:4]}", f"{quarter[:4]}年第{quarter[-1]}季度")


def quarter_start(quarter: str) -> date:
    """The first day of a quarter."""
    return parse_period(quarter).start


def shifted(quarter: str, by: int) -> str:
    """The quarter `by` quarters later, or before where it is negative."""
    number = int(quarter[:4]) * 4 + int(quarter[-1]) - 1 + by
    return f"{number // 4}Q{number % 4 + 1}"


def anchor(*parts: object) -> str:
    """A name for a place on the page, of letters, digits, points and hyphens."""
    return re.sub(r"[^A-Za-z0-9._\u4e00-\u9fff]+", "-", "-".join(str(p) for p in parts)).strip("-")


def number(value: Decimal | float) -> str:
    """All digits that matter to a reader: 1,469,920; 52.57."""
    exact = float(value)
    if abs(exact) >= 1000 or exact == int(exact):
        return f"{exact:,.0f}"
    return f"{exact:,.2f}".rstrip("0").rstrip(".")
