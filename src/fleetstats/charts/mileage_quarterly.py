"""Test kilometres in California quarter by quarter, stacked by operator, each programme apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fleetstats.charts.axes import amounts, panel_title, x_of, years
from fleetstats.charts.california import TOP, by_scope, km, others, scope_note
from fleetstats.charts.frames import Row, name_of, rows_of
from fleetstats.charts.labels import Label, draw_labels, height_of, room_for, shortened
from fleetstats.charts.page import alt_text, empty_picture, page, side_by_side, source_notes
from fleetstats.charts.style import (
    LIGHT,
    PLOT_HEIGHT,
    SMALL,
    Hue,
    Provenance,
    Theme,
    applied,
    hues_for,
    tint,
)
from fleetstats.core.periods import quarter_of
from fleetstats.core.words import Words, message

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT = message("Test kilometres in California by quarter")

QUERY = """
select
    m.operator, o.name_en as operator_en, o.name_zh as operator_zh,
    m.scope, s.title_en as scope_en, s.title_zh as scope_zh,
    m.quarter, m.quarter_start, m.months, m.distance_km, m.bound
from mileage_quarterly as m
left join operator as o on o.operator = m.operator
left join scope as s on s.scope = m.scope
""".strip()

COLUMNS = "operator scope quarter quarter_start months distance_km bound".split()
ENDS = "quarter_start"
REST = "rest"


@dataclass(frozen=True)
class Quarter:
    """One bar: kilometres of each named operator and of the rest, and how many months are held."""

    start: date
    parts: dict[str, float]
    months: int

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.parts.values())

    @property
    def name(self) -> str:
        """Such as 2023Q3."""
        return quarter_of(self.start)


@dataclass(frozen=True)
class Panel:
    """The bars of one scope."""

    rows: list[Row]
    named: list[str]
    quarters: list[Quarter]
    rest: int


def panels_of(rows: Sequence[Row]) -> list[Panel]:
    """One panel for each scope; the largest operators of all its quarters are named."""
    found = []
    for own in by_scope(rows).values():
        totals: dict[str, float] = {}
        for r in own:
            totals[r["operator"]] = totals.get(r["operator"], 0.0) + r["distance_km"]
        ranked = sorted(totals, key=lambda op: (-totals[op], op))
        named = ranked if len(ranked) <= TOP + 1 else ranked[:TOP]
        quarters: list[Quarter] = []
        driven = [r["quarter_start"] for r in own if r["distance_km"]]
        for start in sorted({r["quarter_start"] for r in own}):
            if driven and start < min(driven):
                continue  # filed, and nothing driven yet
            mine = [r for r in own if r["quarter_start"] == start]
            parts = dict.fromkeys(named, 0.0) | ({REST: 0.0} if len(named) < len(ranked) else {})
            for r in mine:
                parts[r["operator"] if r["operator"] in named else REST] += r["distance_km"]
            quarters.append(Quarter(start, parts, max(int(r["months"]) for r in mine)))
        found.append(Panel(own, named, quarters, len(ranked) - len(named)))
    return found


def draw(frame: pd.DataFrame, *, words: Words, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per operator, scope and quarter, km."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return empty_picture(ABOUT, words, provenance, theme)
        panels = panels_of(rows)
        hues = hues_for(list(dict.fromkeys(op for p in panels for op in p.named)), theme)
        hues[REST] = theme.hues["grey"]
        labels = [shortened(_labels(panel, hues, words)) for panel in panels]
        headline, deck = finding(panels, words)
        figure, axes = page(
            headline,
            deck,
            _subtitle(words),
            [_note(panels, words), scope_note(rows, words), *source_notes(provenance, words)],
            theme=theme,
            headroom=30.0,
            plot=max(PLOT_HEIGHT, *(height_of(one) for one in labels)),
        )
        most = max(len(panel.quarters) for panel in panels)
        weights = [max(len(panel.quarters), most * 0.6) for panel in panels]
        places = side_by_side(figure, axes, weights, [room_for(one) for one in labels], theme=theme)
        for place, panel, own in zip(places, panels, labels, strict=True):
            panel_title(place, name_of(panel.rows[0], "scope", words), theme)
            _draw_panel(place, panel, hues, words, theme)
            draw_labels(place, own)
        return figure


def describe(frame: pd.DataFrame, words: Words) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    panels = panels_of(rows)
    said = []
    for panel in panels:
        last = _complete(panel)
        parts = [
            words.say(
                "{operator} {distance}", operator=_name(panel, op, words), distance=km(value, None, words)
            )
            for op, value in last.parts.items()
            if value > 0
        ]
        said.append(
            words.say(
                "{scope}, {quarter}: {parts}",
                scope=name_of(panel.rows[0], "scope", words),
                quarter=last.name,
                parts=words.habits.items(parts),
            )
        )
    return alt_text(words, words.say("Stacked bars"), ABOUT, finding(panels, words), said)


def _rows(frame: pd.DataFrame) -> list[Row]:
    return [r for r in rows_of(frame, COLUMNS, "mileage-quarterly") if r["distance_km"] is not None]


def _complete(panel: Panel) -> Quarter:
    """The last quarter with all its months, else the last."""
    return next((q for q in reversed(panel.quarters) if q.months == 3), panel.quarters[-1])


def _name(panel: Panel, operator: str, words: Words) -> str:
    if operator == REST:
        return others(panel.rest, words)
    return next(name_of(r, "operator", words) for r in panel.rows if r["operator"] == operator)


def finding(panels: Sequence[Panel], words: Words) -> tuple[str, str]:
    """The last complete quarter against that of the year before, and who drove most."""
    panel = panels[0]
    last = _complete(panel)
    before = next(
        (q for q in panel.quarters if q.start == date(last.start.year - 1, last.start.month, 1)), None
    )
    when = last.name
    driver = all(str(r["scope"]).endswith("with_driver") for r in panel.rows)
    quarter = words.habits.quarter_named(when)
    if before is not None and before.months == 3 and before.total > 0 and last.months == 3:
        headline = _turn(100 * (last.total / before.total - 1), quarter, words, driver=driver)
    else:
        amount = km(last.total, "at_least" if last.months < 3 else None, words)
        if driver:
            headline = words.say(
                "{distance} tested with a driver in California in {quarter}", distance=amount, quarter=quarter
            )
        else:
            headline = words.say(
                "{distance} tested without a driver in California in {quarter}",
                distance=amount,
                quarter=quarter,
            )
    tops = []
    for one in panels:
        now = _complete(one)
        named = [op for op in now.parts if op != REST]
        best = max(named, key=lambda op: now.parts[op])
        tops.append(
            words.say(
                "{scope}, {quarter}: {total}, most by {operator} {distance}",
                scope=name_of(one.rows[0], "scope", words),
                quarter=words.habits.quarter_named(now.name),
                total=km(now.total, "at_least" if now.months < 3 else None, words),
                operator=_name(one, best, words),
                distance=km(now.parts[best], None, words),
            )
        )
    return headline, words.habits.semicolon.join(tops)


def _turn(change: float, quarter: str, words: Words, *, driver: bool) -> str:
    """How a quarter stands against that of the year before, as a headline."""
    facts = {"quarter": quarter, "change": f"{abs(change):.0f}%"}
    if abs(change) < 0.5:
        if driver:
            return words.say(
                "Testing with a driver in California: no change in {quarter} on a year before", **facts
            )
        return words.say(
            "Testing without a driver in California: no change in {quarter} on a year before", **facts
        )
    if change > 0:
        if driver:
            return words.say(
                "Testing with a driver in California grew {change} on the year in {quarter}", **facts
            )
        return words.say(
            "Testing without a driver in California grew {change} on the year in {quarter}", **facts
        )
    if driver:
        return words.say(
            "Testing with a driver in California fell {change} on the year in {quarter}", **facts
        )
    return words.say("Testing without a driver in California fell {change} on the year in {quarter}", **facts)


def _subtitle(words: Words) -> str:
    return words.say(
        "Test distance in km in each calendar quarter, stacked by operator; the panels have different scales"
    )


def _note(panels: Sequence[Panel], words: Words) -> str:
    part = sorted({q.name for p in panels for q in p.quarters if q.months < 3})
    if not part:
        return words.say(
            "How to read: Grey is all other operators. A quarter without a bar has no data, which is not a zero."
        )
    return words.say(
        "How to read: Hatched: only one or two months of the quarter are held ({quarters}), a lower bound. "
        "Grey is all other operators. A quarter without a bar has no data, which is not a zero.",
        quarters=words.habits.items(part),
    )


def _labels(panel: Panel, hues: dict[str, Hue], words: Words) -> list[Label]:
    """A name beside the middle of its part of the last bar."""
    last = panel.quarters[-1]
    x = x_of(last.start + timedelta(days=80))
    found, reached = [], 0.0
    for operator, value in last.parts.items():
        middle = reached + value / 2
        reached += value
        name = _name(panel, operator, words)
        said = words.habits.quantity(value) if value else words.say("none")
        found.append(
            Label(middle, name, said, hues[operator], SMALL, f"label-{operator}", x if value else None)
        )
    return found


def _draw_panel(axes: Axes, panel: Panel, hues: dict[str, Hue], words: Words, theme: Theme) -> None:
    amounts(axes, max(q.total for q in panel.quarters), words)
    first, last = panel.quarters[0].start, panel.quarters[-1].start
    years(axes, date(first.year, first.month, 1), last + timedelta(days=91), before=6, after=2)
    for q in panel.quarters:
        reached = 0.0
        for operator, value in q.parts.items():
            colour = hues[operator].mark
            if value:
                axes.bar(
                    [x_of(q.start) + 45],
                    [value],
                    width=74,
                    bottom=[reached],
                    linewidth=0.4,
                    color=[colour if q.months == 3 else tint(colour, theme.paper, 0.35)],
                    edgecolor=theme.paper,
                    hatch=None if q.months == 3 else "/////",
                    zorder=2,
                    gid=f"{operator}-{q.name}",
                )
            reached += value
