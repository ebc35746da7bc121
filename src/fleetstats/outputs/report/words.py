"""Words of the page in all its languages at once, and parts of sentences that lead to where their number comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from fleetstats.charts.numbers import signed
from fleetstats.core.habits import Rounding
from fleetstats.core.periods import parse_period
from fleetstats.core.words import Message, Said, Words, Written, languages, message, words_in

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Link:
    """A part of a sentence; with `href` it leads to the row that its number is from."""

    label: Said
    href: str | None = None

    def said(self, words: Words) -> str:
        """The label, without the link."""
        return words.of(self.label)


@dataclass(frozen=True)
class Marked:
    """A part of a sentence that looks otherwise: `element` of HTML, with a class or without."""

    label: Said
    element: str
    look: str | None = None

    def said(self, words: Words) -> str:
        """The label, without its look."""
        return words.of(self.label)


def html(words: Words, value: object) -> Markup:
    """What is said, in one language, as HTML: links are links, and everything that is not markup is escaped."""
    from markupsafe import Markup, escape

    if isinstance(value, Message):
        slots = {name: html(words, slot) for name, slot in value.slots.items()}
        return Markup(escape(words.translated(value))).format(**slots)  # noqa: S704 - escaped
    if isinstance(value, Link):
        label = html(words, value.label)
        return label if value.href is None else Markup('<a href="{}">{}</a>').format(value.href, label)
    if isinstance(value, Marked):
        look = Markup("") if value.look is None else Markup(' class="{}"').format(value.look)
        return Markup("<{0}{1}>{2}</{0}>").format(value.element, look, html(words, value.label))
    return escape(words.of(value))


def offered() -> list[Words]:
    """The languages of the page, the source language first."""
    return [words_in(language) for language in languages()]


def t(value: object) -> Markup:
    """What is said, once for each language, or once where all say the same."""
    from markupsafe import Markup

    said = [html(words, value) for words in offered()]
    return said[0] if len(set(said)) == 1 else Markup().join(_spans(said))


def w(text: Said, /, **slots: object) -> Markup:
    """A sentence with its slots, once for each language."""
    from markupsafe import Markup

    whole = message(text, **slots) if isinstance(text, str) else text
    return Markup().join(_spans([html(words, whole) for words in offered()]))


def _spans(said: Sequence[Markup]) -> list[Markup]:
    from markupsafe import Markup

    return [
        Markup('<span lang="{}">{}</span>').format(words.habits.tag, text)
        for words, text in zip(offered(), said, strict=True)
    ]


def in_all(text: str, between: str = " / ", /, **slots: object) -> str:
    """A sentence in all languages, one after the other, where there is only one place for it."""
    return between.join(words.say(text, **slots) for words in offered())


def labelled(value: Said) -> Markup:
    """Attributes of an element that is called so; the page's script puts the reader's language in."""
    from markupsafe import Markup

    said = [(words.language, words.of(value)) for words in offered()]
    return Markup('aria-label="{}" ').format(said[0][1]) + Markup(" ").join(
        Markup('data-{}="{}"').format(*one) for one in said
    )


def items(said: Sequence[Said]) -> Written:
    """A, B, C; A、B、C."""
    return Written(lambda words: words.habits.items([words.of(one) for one in said]))


def amount(value: float, bound: str | None = None) -> Said:
    """A number as a reader says it, with its bound: over 1.4M; 超过140.0万."""
    return _bounded(_quantity(value, bound), bound)


def distance(value: float, bound: str | None = None) -> Said:
    """The same in kilometres: over 1.4M km; 超过140.0万公里."""
    return _bounded(message("{amount} km", amount=_quantity(value, bound)), bound)


def _quantity(value: float, bound: str | None) -> Written:
    rounding: Rounding = "down" if bound == "at_least" else "nearest"
    more = int(value >= 10**6)
    return Written(lambda words: words.habits.quantity(value, rounding=rounding, more=more))


def _bounded(what: Said, bound: str | None) -> Said:
    if bound == "at_least":
        return message("over {amount}", amount=what)
    if bound == "at_most":
        return message("at most {amount}", amount=what)
    return message("about {amount}", amount=what) if bound in ("approximate", "between") else what


def figure(value: float) -> Written:
    """A number in a table."""
    return Written(lambda words: words.habits.figure(value))


def percent(change: float, bound: str = "exact") -> str:
    """A change in percent with its sign and bound: +73%, \u22125%, ≥ +9%."""
    return signed(change, bound)


def quarter_name(quarter: str) -> Written:
    """Third quarter of 2023; 2023年第3季度."""
    return Written(lambda words: words.habits.quarter_title(quarter))


def quarter_code(quarter: str) -> Written:
    """2023Q3; 2023年第3季度."""
    return Written(lambda words: words.habits.quarter_named(quarter))


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
