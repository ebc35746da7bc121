"""What the chart says: the last quarter, the total and the ten million, and the small print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fleetstats.charts.frames import Row
from fleetstats.charts.numbers import change_bound, turned
from fleetstats.charts.orders.rows import DOUBTFUL, LINE, of, passing
from fleetstats.core.habits import Rounding
from fleetstats.core.periods import quarter_of
from fleetstats.core.statistics import INNER_INTERVAL as INNER
from fleetstats.core.statistics import OUTER_INTERVAL as OUTER
from fleetstats.core.words import Words, message

ABOUT = message("Apollo Go's orders, and their forecast")
NAME = message("Apollo Go")


def describe(rows: Sequence[Row], words: Words) -> str:
    """The picture in words, for those who do not see it."""
    headline, deck = finding(rows, words)
    said = words.say(
        "Bars of quarterly orders and a line of the running total. {headline}. {deck}.",
        headline=headline,
        deck=deck,
    )
    fan = of(rows, "increment")
    if not fan:
        return said
    last = fan[-1]
    forecast = words.say(
        "A forecast fan to {quarter}, {level} % between {low} and {high}.",
        quarter=quarter_of(last["day"]),
        level=OUTER,
        low=words.habits.quantity(last[f"low_{OUTER}"]),
        high=words.habits.quantity(last[f"high_{OUTER}"]),
    )
    return words.habits.sentence_gap.join([said, forecast])


def _amount(value: float, bound: str | None, words: Words) -> str:
    least = bound == "at_least"
    rounding: Rounding = "down" if least else "nearest"
    amount = words.habits.quantity(value, rounding=rounding, more=int(value >= 10**6))
    if least:
        return words.say("over {amount}", amount=amount)
    return words.say("about {amount}", amount=amount) if bound in ("approximate", "between") else amount


def _quarter(start: date, words: Words) -> str:
    return words.habits.quarter_named(quarter_of(start))


def finding(rows: Sequence[Row], words: Words) -> tuple[str, str]:
    """The last quarter with its change on the year; the total, and when ten million were passed or may be."""
    quarters = of(rows, "quarter")
    if not quarters:
        return words.say(ABOUT), _total(rows, words)
    if quarters[-1]["confidence"] == "unsourced":
        doubt = words.say("No page was found that prints the quarter's figure")
    elif quarters[-1]["confidence"] in DOUBTFUL:
        doubt = words.say("The quarter's figure is derived from others")
    else:
        return _last_quarter(quarters, words), _total(rows, words)
    total = _total(rows, words)
    return _last_quarter(quarters, words), words.say(
        "{doubt}; {total}", doubt=doubt, total=total[0].lower() + total[1:]
    )


def _last_quarter(quarters: Sequence[Row], words: Words) -> str:
    last = quarters[-1]
    facts = {
        "brand": NAME,
        "rides": _amount(last["orders"], last["bound"], words),
        "quarter": _quarter(last["day"], words),
    }
    before = next((r for r in quarters if r["day"] == date(last["day"].year - 1, last["day"].month, 1)), None)
    firm = change_bound(last["bound"], before["bound"]) if before else None
    if before and before["orders"] and firm:
        change = turned(100 * (last["orders"] / before["orders"] - 1), firm, words)
        return words.say(
            "{brand} served {rides} rides in {quarter}, {change} on the year", **facts, change=change
        )
    return words.say("{brand} served {rides} rides in {quarter}", **facts)


def _total(rows: Sequence[Row], words: Words) -> str:
    """When the total passed ten million, or that it has not."""
    below, first = passing(rows)
    if first is not None:
        day = words.habits.day_named(first)
        if below is None:
            return words.say("The total passed ten million by {day} at the latest", day=day)
        return words.say(
            "The total passed ten million between {day_below} and {day}",
            day_below=words.habits.day_named(below),
            day=day,
        )
    deck = words.say("The total had not passed ten million")
    chance = [r for r in of(rows, "threshold") if r["orders"] == LINE and (r["probability"] or 0) >= 0.5]
    if not chance:
        return deck
    return words.say(
        "{total}; the forecast's median is {quarter}", total=deck, quarter=_quarter(chance[0]["day"], words)
    )


def notes(rows: Sequence[Row], words: Words) -> list[str]:
    """The marks that occur, explained, and the scope."""
    doubtful = [_quarter(r["day"], words) for r in of(rows, "quarter") if r["confidence"] in DOUBTFUL]
    said = []
    if doubtful:
        said.append(
            words.say(
                "outlined bars: found on no page, or derived ({quarters})",
                quarters=words.habits.items(doubtful),
            )
        )
    if any(r["bound"] == "at_least" for r in rows):
        said.append(words.say('arrows: published as "over", a lower bound'))
    if of(rows, "published"):
        said.append(words.say("dots: totals as published"))
    if of(rows, "derived"):
        said.append(words.say("line: the total derived from the quarters"))
    fan = of(rows, "increment", "cumulative")
    if fan:
        said.append(
            words.say(
                "fan: forecast of the next four quarters from what was known of the time to {day}, "
                "inner {inner} %, outer {outer} %",
                day=words.habits.day_named(max(r["ends"] for r in fan)),
                inner=INNER,
                outer=OUTER,
            )
        )
    else:
        said.append(words.say("the ledger has no forecast from this point in time"))
    return [
        words.say("How to read: {marks}.", marks=words.habits.semicolon.join(said)),
        words.say(
            "Scope: rides to the public, not all of them paid before 2023; from {quarter} the company's wording is "
            "fully driverless rides.",
            quarter=words.habits.quarter_named("2025Q2"),
        ),
    ]
