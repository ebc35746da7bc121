"""Robotaxi trips in California by month beside Apollo Go's orders by quarter: two scopes, two panels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from fleetstats.charts.axes import amounts, panel_title, x_of, years
from fleetstats.charts.frames import Row, name_of, rows_of
from fleetstats.charts.labels import Label, draw_labels, room_for, shortened
from fleetstats.charts.numbers import change_bound, signed
from fleetstats.charts.page import alt_text, empty_picture, page, side_by_side, source_notes
from fleetstats.charts.style import (
    LABEL,
    LIGHT,
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

ABOUT = message("Robotaxi trips in California and Apollo Go's orders")

QUERY = """
select
    t.cadence, t.operator, o.name_en as operator_en, o.name_zh as operator_zh,
    t.scope, s.title_en as scope_en, s.title_zh as scope_zh,
    t.period_start, t.orders, t.bound, t.confidence
from (
    select 'month' as cadence, operator, scope, month as period_start, orders, bound, confidence
    from orders_monthly
    where scope in ('cpuc_driverless', 'cpuc_unspecified')
    union all
    select 'quarter' as cadence, operator, scope, quarter_start as period_start, orders, bound, confidence
    from orders_quarterly
    where scope = 'public_rides'
) as t
left join operator as o on o.operator = t.operator
left join scope as s on s.scope = t.scope
""".strip()

COLUMNS = "cadence operator scope period_start orders bound confidence".split()
ENDS = "period_start"
BRANDS = {"baidu": message("Apollo Go")}
"""The name under which riders know a firm's robotaxis."""
DOUBTFUL = ("unsourced", "derived")
"""Confidences whose bars are outlined: no page prints the figure."""


def draw(frame: pd.DataFrame, *, words: Words, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per operator, scope and month or quarter."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return empty_picture(ABOUT, words, provenance, theme)
        months, quarters = (_of(rows, cadence) for cadence in ("month", "quarter"))
        hues = hues_for(sorted({r["operator"] for r in rows}), theme)
        groups = [(own, length) for own, length in ((months, 30), (quarters, 91)) if own]
        labels = [shortened(_labels(own, hues, words)) for own, _ in groups]
        headline, deck = finding(rows, words)
        figure, axes = page(
            headline,
            deck,
            _subtitle(words),
            [*_notes(rows, words), *source_notes(provenance, words)],
            theme=theme,
            headroom=30.0,
        )
        places = side_by_side(
            figure, axes, [1.0] * len(groups), [room_for(one) for one in labels], theme=theme
        )
        for place, (own, length), label in zip(places, groups, labels, strict=True):
            panel_title(place, _title(own, words), theme)
            _draw_panel(place, own, length, hues, words, theme)
            draw_labels(place, label)
        return figure


def describe(frame: pd.DataFrame, words: Words) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    said = []
    for cadence in ("month", "quarter"):
        for operator in sorted({r["operator"] for r in _of(rows, cadence)}):
            mine = [r for r in _of(rows, cadence) if r["operator"] == operator]
            first, last = mine[0], mine[-1]
            said.append(
                words.say(
                    "{operator} {trips_before} in {period_before}, {trips} in {period}",
                    operator=_name(first, words),
                    trips_before=_amount(first, words),
                    period_before=_when(first, words),
                    trips=_amount(last, words),
                    period=_when(last, words),
                )
            )
    return alt_text(words, words.say("Bar charts"), ABOUT, finding(rows, words), said)


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = [r for r in rows_of(frame, COLUMNS, "robotaxi-trips") if r["orders"] is not None]
    return sorted(rows, key=lambda r: (r["period_start"], r["operator"], r["scope"]))


def _of(rows: Sequence[Row], cadence: str) -> list[Row]:
    return [r for r in rows if r["cadence"] == cadence]


def _name(row: Row, words: Words) -> str:
    brand = BRANDS.get(row["operator"])
    return words.of(brand) if brand and row["scope"] == "public_rides" else name_of(row, "operator", words)


def _when(row: Row, words: Words) -> str:
    start: date = row["period_start"]
    if row["cadence"] == "quarter":
        return words.habits.quarter_named(quarter_of(start))
    return words.habits.month_named(start)


def _amount(row: Row, words: Words) -> str:
    least = row["bound"] == "at_least"
    amount = words.habits.quantity(row["orders"], rounding="down" if least else "nearest")
    if least:
        return words.say("≥ {amount}", amount=amount)
    return words.say("≈ {amount}", amount=amount) if row["bound"] in ("approximate", "between") else amount


def finding(rows: Sequence[Row], words: Words) -> tuple[str, str]:
    """The latest month and the latest quarter, each with the change on the year."""
    said: list[str] = []
    more: list[str] = []
    for cadence, leader in (("month", "waymo"), ("quarter", "baidu")):
        own = _of(rows, cadence)
        mine = [r for r in own if r["operator"] == leader] or own
        if not mine:
            continue
        last = mine[-1]
        said.append(_served(last, words, first=not said))
        remarks = _remarks(last, mine, words)
        if remarks:
            more.append(
                words.say(
                    "{operator}: {remarks}",
                    operator=_name(last, words),
                    remarks=words.habits.phrase_comma.join(remarks),
                )
            )
    return words.habits.semicolon.join(said), words.habits.semicolon.join(more)


def _served(row: Row, words: Words, *, first: bool) -> str:
    """How many trips there were; what follows another sentence does without a verb."""
    facts = {"operator": _name(row, words), "trips": _amount(row, words), "period": _when(row, words)}
    if row["cadence"] == "month":
        return words.say("{operator} carried {trips} trips in California in {period}", **facts)
    if first:
        return words.say("{operator} carried {trips} trips in {period}", **facts)
    return words.say("{operator} {trips} trips in {period}", **facts)


def _remarks(last: Row, mine: Sequence[Row], words: Words) -> list[str]:
    """The change on the year, or why there is none, and whether a page prints the figure."""
    year_before = date(last["period_start"].year - 1, last["period_start"].month, 1)
    before = [r for r in mine if r["period_start"] == year_before and r["operator"] == last["operator"]]
    found = []
    if before and before[0]["orders"]:
        change = 100 * (last["orders"] / before[0]["orders"] - 1)
        firm = change_bound(last["bound"], before[0]["bound"])
        if before[0]["scope"] != last["scope"]:
            found.append(words.say("another scope a year before, so no change is given"))
        elif firm:
            found.append(words.say("{change} on the year", change=signed(change, firm)))
    if last["confidence"] == "unsourced":
        found.append(words.say("no page found that prints the figure"))
    return found


def _title(own: Sequence[Row], words: Words) -> str:
    names = words.habits.items(list(dict.fromkeys(_name(r, words) for r in own)))
    if own[0]["cadence"] == "month":
        return words.say("{operators}: by month, California", operators=names)
    return words.say("{operators}: by quarter", operators=names)


def _subtitle(words: Words) -> str:
    return words.say(
        "Trips or orders served; months on the left, quarters on the right: other scopes and other scales"
    )


def _notes(rows: Sequence[Row], words: Words) -> list[str]:
    doubtful = [r for r in rows if r["confidence"] in DOUBTFUL]
    said = []
    if doubtful:
        said.append(
            words.say(
                "Outlined: no page was found that prints the figure, or it is derived ({periods}).",
                periods=words.habits.items([_when(r, words) for r in doubtful]),
            )
        )
    if any(r["bound"] == "at_least" for r in rows):
        said.append(words.say('Arrow: published as "over", a lower bound.'))
    if _breaks(_of(rows, "month")):
        said.append(
            words.say(
                "Vertical line: Waymo's programme changes, so the scopes before and after differ; the months between "
                "are missing."
            )
        )
    scopes = [
        scope
        for cadence in ("month", "quarter")
        for scope in dict.fromkeys(name_of(r, "scope", words) for r in _of(rows, cadence))
    ]
    notes = (
        [words.say("How to read: {sentences}", sentences=words.habits.sentence_gap.join(said))]
        if said
        else []
    )
    notes.append(
        words.say(
            "Scopes: {scopes}. Never added, and not directly comparable: California is filed with the CPUC (a third "
            "party's transcription), Apollo Go is what the company says of all its cities.",
            scopes=words.habits.semicolon.join(scopes),
        )
    )
    return notes


def _breaks(months: Sequence[Row]) -> list[date]:
    """Where an operator's scope changes from one month held to the next."""
    found = []
    for operator in {r["operator"] for r in months}:
        mine = [r for r in months if r["operator"] == operator]
        found += [b["period_start"] for a, b in pairwise(mine) if a["scope"] != b["scope"]]
    return sorted(found)


def _labels(own: Sequence[Row], hues: dict[str, Hue], words: Words) -> list[Label]:
    found: list[Label] = []
    for operator in dict.fromkeys(r["operator"] for r in own):
        last = [r for r in own if r["operator"] == operator][-1]
        days = 15 if last["cadence"] == "month" else 46
        value = _amount(last, words)
        newest = max(r["period_start"] for r in own)
        if last["period_start"] != newest:
            value = words.say("{amount} ({period})", amount=value, period=_when(last, words))
        found.append(
            Label(
                last["orders"],
                _name(last, words),
                value,
                hues[operator],
                LABEL if len(found) == 0 else SMALL,
                f"label-{operator}",
                x_of(last["period_start"]) + days,
            )
        )
    return found


def _draw_panel(
    axes: Axes, own: Sequence[Row], length: int, hues: dict[str, Hue], words: Words, theme: Theme
) -> None:
    highest = max(r["orders"] for r in own)
    amounts(axes, highest, words, room=1.12)
    first, last = own[0]["period_start"], max(r["period_start"] for r in own) + timedelta(days=length)
    years(axes, first, last, before=8, after=4)
    operators = list(dict.fromkeys(r["operator"] for r in own))
    held = {(r["period_start"], r["operator"]) for r in own if r["orders"]}
    held |= {
        (r["period_start"], r["operator"]) for r in own if not any(d == r["period_start"] for d, _ in held)
    }
    for row in own:
        if (row["period_start"], row["operator"]) not in held:
            continue  # a zero beside a bar has nothing to draw
        hue = hues[row["operator"]]
        here = [o for o in operators if (row["period_start"], o) in held]
        at = here.index(row["operator"])
        width = length * 0.84 / len(here)
        x = x_of(row["period_start"]) + length * 0.08 + width * (at + 0.5)
        doubtful = row["confidence"] in DOUBTFUL
        gid = f"{row['operator']}-{row['period_start'].isoformat()}"
        axes.bar(
            [x],
            [row["orders"]],
            width=width,
            linewidth=0.8 if doubtful else 0.0,
            edgecolor=hue.mark,
            color=[tint(hue.mark, theme.paper, 0.3) if doubtful else hue.mark],
            zorder=2,
            gid=gid,
        )
        if row["bound"] == "at_least":
            axes.annotate(
                "",
                (x, row["orders"]),
                xytext=(0, 10),
                textcoords="offset points",
                annotation_clip=False,
                zorder=3,
                arrowprops={
                    "arrowstyle": "<|-",
                    "color": hue.mark,
                    "linewidth": 1.1,
                    "shrinkA": 1,
                    "shrinkB": 0,
                    "mutation_scale": 7,
                },
                gid=f"{gid}-arrow",
            )
    if own[0]["cadence"] == "month":
        for start in _breaks(own):
            axes.plot(
                [x_of(start)] * 2,
                [0, 1],
                transform=axes.get_xaxis_transform(),
                color=theme.muted,
                linewidth=0.7,
                zorder=1.5,
                gid=f"break-{start.isoformat()}",
            )
            left, right = axes.get_xlim()
            beside = x_of(start) - left > (right - left) / 2
            axes.annotate(
                words.say("programme changes"),
                (x_of(start), 1),
                xycoords=axes.get_xaxis_transform(),
                xytext=(-4 if beside else 4, 0),
                textcoords="offset points",
                ha="right" if beside else "left",
                va="top",
                size=SMALL,
                color=theme.muted,
                gid=f"break-words-{start.isoformat()}",
                bbox={"facecolor": theme.paper, "edgecolor": "none", "pad": 1.0},
            )
