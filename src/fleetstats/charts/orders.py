"""Apollo Go's orders per quarter and in all, with what was published, what is forecast, and the ten millions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fleetstats.charts.axes import amounts, panel_title, x_of, years
from fleetstats.charts.frames import Row, rows_of
from fleetstats.charts.numbers import change_bound, day, quantity, turned
from fleetstats.charts.page import nothing, page, side_by_side, source_notes
from fleetstats.charts.style import LABEL, LIGHT, SMALL, Language, Provenance, Theme, applied, embolden, tint
from fleetstats.core.periods import quarter_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT: dict[Language, str] = {"en": "Apollo Go's orders, and their forecast", "zh": "萝卜快跑订单及其预测"}
NAME: dict[Language, str] = {"en": "Apollo Go", "zh": "萝卜快跑"}

QUERY = """
select
    'quarter' as kind, quarter_start as day, quarter_start as ends, cast(orders as double precision) as orders,
    bound, confidence, cast(null as double precision) as low_50, cast(null as double precision) as high_50,
    cast(null as double precision) as low_95, cast(null as double precision) as high_95,
    cast(null as double precision) as probability
from orders_quarterly
where operator = 'baidu' and scope = 'public_rides'
union all
select
    basis as kind, as_of as day, as_of as ends, cast(orders as double precision) as orders, bound,
    case when contains_unsourced then 'unsourced' else 'high' end as confidence,
    null as low_50, null as high_50, null as low_95, null as high_95, null as probability
from orders_cumulative
where operator = 'baidu' and scope = 'public_rides'
union all
select
    quantity as kind, target_end as day, origin as ends, median as orders, 'between' as bound, model as confidence,
    low_50, high_50, low_95, high_95, null as probability
from order_forecast
where operator = 'baidu' and scope = 'public_rides' and frequency = 'Q' and model = 'combination'
union all
select
    'threshold' as kind, target_end as day, origin as ends, cast(threshold as double precision) as orders,
    'between' as bound, model as confidence, null as low_50, null as high_50, null as low_95, null as high_95,
    probability
from threshold_forecast
where operator = 'baidu' and scope = 'public_rides' and frequency = 'Q' and model = 'combination'
""".strip()

COLUMNS = "kind day ends orders bound confidence low_50 high_50 low_95 high_95 probability".split()
ENDS = "ends"
SOURCES = ("robotaxi_orders",)
AHEAD = 4
"""Quarters of the forecast that are drawn; further out its intervals would dwarf everything else."""
LINE = 10_000_000
SOFT = ("unsourced", "derived")


def draw(frame: pd.DataFrame, *, language: Language, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: figures of quarters, running totals, and forecasts of both."""
    rows = _rows(frame)
    with applied(theme):
        if not any(r["kind"] in ("quarter", "derived", "published") for r in rows):
            return nothing(ABOUT[language], language, provenance, theme)
        headline, deck = finding(rows, language)
        zh = language == "zh"
        figure, axes = page(
            headline,
            deck,
            "面向公众的订单（次）；左为每季度，右为累计"
            if zh
            else "Rides to the public; each quarter on the left, the running total on the right",
            [*_notes(rows, language), *source_notes(provenance, language)],
            theme=theme,
            headroom=30.0,
            right=8.0,
        )
        left, right = side_by_side(figure, axes, [1.0, 1.0], [10.0, 8.0], theme=theme)
        panel_title(left, "每季度" if zh else "Each quarter", theme)
        panel_title(right, "累计" if zh else "Running total", theme)
        _draw_quarters(left, rows, language, theme)
        _draw_total(right, rows, language, theme)
        return figure


def describe(frame: pd.DataFrame, language: Language) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not any(r["kind"] in ("quarter", "derived", "published") for r in rows):
        return ""
    headline, deck = finding(rows, language)
    fan = _of(rows, "increment")
    zh = language == "zh"
    more = ""
    if fan:
        last = fan[-1]
        a, b = (quantity(last[k], language) for k in ("low_95", "high_95"))
        when = quarter_of(last["day"])
        more = (
            f"预测扇形至{when}，95%区间为{a}至{b}。"
            if zh
            else f"A forecast fan to {when}, 95 % between {a} and {b}."
        )
    if zh:
        return f"左为季度订单柱状图，右为累计订单折线图。{headline}。{deck}。{more}"
    return f"Bars of quarterly orders and a line of the running total. {headline}. {deck}. {more}".strip()


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = [r for r in rows_of(frame, COLUMNS, "orders") if r["orders"] is not None]
    rows.sort(key=lambda r: (r["day"], r["kind"]))
    fan = sorted({r["day"] for r in rows if r["kind"] in ("increment", "cumulative")})[:AHEAD]
    return [r for r in rows if r["kind"] not in ("increment", "cumulative") or r["day"] in fan]


def _of(rows: Sequence[Row], *kinds: str) -> list[Row]:
    return [r for r in rows if r["kind"] in kinds]


def _said(value: float, bound: str | None, language: Language) -> str:
    least = bound == "at_least"
    text = quantity(value, language, rounding="down" if least else "nearest", more=int(value >= 10**6))
    sign = ("超过" if language == "zh" else "over ") if least else ""
    about = ("约" if language == "zh" else "about ") if bound in ("approximate", "between") else ""
    return f"{sign}{about}{text}"


def _quarter(start: date, language: Language) -> str:
    name = quarter_of(start)
    return f"{name[:4]}年第{name[-1]}季度" if language == "zh" else name


def passing(rows: Sequence[Row]) -> tuple[date | None, date | None]:
    """The last day the total was known below the line, and the first it was known at it or above.

    A lower bound below the line says nothing, so only figures that are not bounds count on that side.
    """
    totals = _of(rows, "derived", "published")
    above = [r["day"] for r in totals if r["orders"] >= LINE]
    first = min(above, default=None)
    below = [
        r["day"]
        for r in totals
        if r["orders"] < LINE and r["bound"] != "at_least" and (first is None or r["day"] < first)
    ]
    return max(below, default=None), first


def finding(rows: Sequence[Row], language: Language) -> tuple[str, str]:
    """The last quarter with its change on the year; the total, and when ten millions were passed or may be."""
    zh = language == "zh"
    quarters, name = _of(rows, "quarter"), NAME[language]
    headline = ABOUT[language]
    if quarters:
        last = quarters[-1]
        when, amount = _quarter(last["day"], language), _said(last["orders"], last["bound"], language)
        before = next(
            (r for r in quarters if r["day"] == date(last["day"].year - 1, last["day"].month, 1)), None
        )
        firm = change_bound(last["bound"], before["bound"]) if before else None
        if before and before["orders"] and firm:
            change = turned(100 * (last["orders"] / before["orders"] - 1), firm, language)
            headline = (
                f"{name}{when}订单{amount}，同比{change}"
                if zh
                else f"{name} served {amount} rides in {when}, {change} on the year"
            )
        else:
            headline = f"{name}{when}订单{amount}" if zh else f"{name} served {amount} rides in {when}"
    below, first = passing(rows)
    ten = "1000万" if zh else "ten million"
    soft = ""
    if quarters and quarters[-1]["confidence"] in SOFT:
        unsourced = quarters[-1]["confidence"] == "unsourced"
        if zh:
            soft = "该季度数未找到刊登的页面；" if unsourced else "该季度数由其他数推算；"
        else:
            soft = (
                "No page was found that prints the quarter's figure; "
                if unsourced
                else "The quarter's figure is derived from others; "
            )
    if first is not None:
        between = (
            (
                f"在{day(below, 'zh')}与{day(first, 'zh')}之间"
                if zh
                else f"between {day(below, 'en')} and {day(first, 'en')}"
            )
            if below
            else (f"不晚于{day(first, 'zh')}" if zh else f"by {day(first, 'en')} at the latest")
        )
        deck = f"累计订单{between}越过{ten}" if zh else f"The total passed {ten} {between}"
    else:
        deck = f"累计订单尚未越过{ten}" if zh else f"The total had not passed {ten}"
        chance = [r for r in _of(rows, "threshold") if r["orders"] == LINE and (r["probability"] or 0) >= 0.5]
        if chance:
            when = _quarter(chance[0]["day"], language)
            deck += f"；预测中位：{when}" if zh else f"; the forecast's median is {when}"
    return headline, soft + (deck[0].lower() + deck[1:] if soft and not zh else deck)


def _notes(rows: Sequence[Row], language: Language) -> list[str]:
    zh = language == "zh"
    soft = [_quarter(r["day"], language) for r in _of(rows, "quarter") if r["confidence"] in SOFT]
    marks = [
        (
            bool(soft),
            f"描边柱：没有找到刊登该数的页面，或由其他数推算（{'、'.join(soft)}）",
            f"outlined bars: found on no page, or derived ({', '.join(soft)})",
        ),
        (
            any(r["bound"] == "at_least" for r in rows),
            "箭头：公布为“超过”，是下限",
            'arrows: published as "over", a lower bound',
        ),
        (bool(_of(rows, "published")), "圆点：公司公布的累计数", "dots: totals as published"),
        (bool(_of(rows, "derived")), "线：由季度数推算的累计", "line: the total derived from the quarters"),
    ]
    said = [a if zh else b for use, a, b in marks if use]
    fan = _of(rows, "increment", "cumulative")
    if fan:
        since = day(max(r["ends"] for r in fan), language)
        said.append(
            f"扇形：{since}之后四个季度的预测，内层为50%区间，外层为95%区间"
            if zh
            else f"fan: forecast of the next four quarters from what was known of the time to {since}, "
            "inner 50 %, outer 95 %"
        )
    else:
        said.append(
            "账本中没有到该时点的预测" if zh else "the ledger has no forecast from this point in time"
        )
    return [
        ("读法：" + "；".join(said) + "。") if zh else "How to read: " + "; ".join(said) + ".",
        "统计口径：面向公众的出行服务，2023年前未必都收费；自2025年第2季度起，公司的说法为全无人订单。"
        if zh
        else "Scope: rides to the public, not all of them paid before 2023; from 2025Q2 the company's "
        "wording is fully driverless rides.",
    ]


def _draw_quarters(axes: Axes, rows: Sequence[Row], language: Language, theme: Theme) -> None:
    bars, fan, hue = _of(rows, "quarter"), _of(rows, "increment"), theme.hues["blue"]
    if not bars and not fan:
        axes.set_axis_off()
        return
    tops = [r["orders"] for r in bars] + [r["high_95"] or r["orders"] for r in fan]
    amounts(axes, min(max(tops), 4 * max([r["orders"] for r in bars] or tops)), language, room=1.14)
    first = bars[0]["day"] if bars else fan[0]["day"]
    end = max([r["day"] + timedelta(days=91) for r in bars] + [r["day"] for r in fan])
    years(axes, date(first.year, first.month, 1), end, before=8, after=10)
    for row in bars:
        soft, gid = row["confidence"] in SOFT, f"quarter-{quarter_of(row['day'])}"
        x = x_of(row["day"]) + 45
        axes.bar(
            [x],
            [row["orders"]],
            width=74,
            linewidth=0.8 if soft else 0.0,
            edgecolor=hue.mark,
            zorder=2,
            color=[tint(hue.mark, theme.paper, 0.3) if soft else hue.mark],
            gid=gid,
        )
        if row["bound"] == "at_least":
            _arrow(axes, x, row["orders"], hue.mark, gid)
    for row in fan:
        x, gid = x_of(row["day"]) - 45, f"forecast-{quarter_of(row['day'])}"
        for low, high, share, part in (("low_95", "high_95", 0.25, 95), ("low_50", "high_50", 0.55, 50)):
            axes.bar(
                [x],
                [row[high] - row[low]],
                bottom=[row[low]],
                width=74,
                linewidth=0.0,
                zorder=2 + (part == 50),
                color=[tint(theme.hues["orange"].mark, theme.paper, share)],
                gid=f"{gid}-{part}",
            )
        axes.plot(
            [x - 37, x + 37],
            [row["orders"]] * 2,
            color=theme.hues["orange"].text,
            linewidth=1.6,
            zorder=4,
            gid=f"{gid}-median",
        )
    if bars and not fan:
        last = bars[-1]
        _value(
            axes,
            (x_of(last["day"]) + 45, last["orders"]),
            quantity(last["orders"], language),
            hue.text,
            "label-quarter",
            paper=theme.paper,
            above=14 if last["bound"] == "at_least" else 3,
        )
    if fan:
        middle = "预测中位 " if language == "zh" else "median "
        _value(
            axes,
            (x_of(fan[-1]["day"]), max(r["high_95"] for r in fan)),
            middle + quantity(fan[-1]["orders"], language),
            theme.hues["orange"].text,
            "label-forecast",
            paper=theme.paper,
            above=3,
            side="right",
        )


def _draw_total(axes: Axes, rows: Sequence[Row], language: Language, theme: Theme) -> None:
    line, dots, fan = _of(rows, "derived"), _of(rows, "published"), _of(rows, "cumulative")
    if not (line or dots):
        axes.set_axis_off()
        return
    hue, orange, zh = theme.hues["blue"], theme.hues["orange"], language == "zh"
    tops = [r["orders"] for r in line + dots]
    ahead = [r["high_95"] for r in fan if r["high_95"]]
    amounts(
        axes,
        max(min(max([*tops, *ahead]), 3 * max(tops)), LINE * 1.05 if max(tops) > LINE / 4 else 0),
        language,
    )
    every = [r["day"] for r in line + dots + fan]
    years(axes, date(min(every).year, (min(every).month - 1) // 3 * 3 + 1, 1), max(every), before=8, after=14)
    if axes.get_ylim()[1] >= LINE:
        axes.axhline(
            LINE, color=theme.ink, linewidth=0.9, linestyle=(0, (4, 2.5)), zorder=1.6, gid="ten-million"
        )
        words = "1000万单" if zh else "ten million"
        below, first = passing(rows)
        if first is not None:
            words += f"，不晚于{day(first, 'zh')}" if zh else f", passed by {day(first, 'en')}"
            if below is not None:
                axes.axvspan(
                    x_of(below), x_of(first), color=theme.grid, linewidth=0, zorder=0.8, gid="passing"
                )
        axes.annotate(
            words,
            (0, LINE),
            xycoords=("axes fraction", "data"),
            xytext=(4, 4),
            textcoords="offset points",
            size=SMALL,
            color=theme.ink,
            gid="ten-million-words",
        )
    if line:
        axes.plot(
            [x_of(r["day"]) for r in line],
            [r["orders"] for r in line],
            color=hue.mark,
            linewidth=1.8,
            zorder=3,
            clip_on=False,
            gid="total-line",
        )
    for r in dots:
        gid = f"published-{r['day'].isoformat()}"
        axes.plot(
            [x_of(r["day"])],
            [r["orders"]],
            marker="o",
            markersize=5,
            linestyle="none",
            color=hue.mark,
            clip_on=False,
            markerfacecolor=theme.paper if r["bound"] == "at_least" else hue.mark,
            zorder=4,
            gid=gid,
        )
        if r["bound"] == "at_least":
            _arrow(axes, x_of(r["day"]), r["orders"], hue.mark, gid)
    if fan:
        start = [r for r in line if r["day"] <= min(f["ends"] for f in fan)][-1:]
        x = [x_of(r["day"]) for r in start + fan]
        for low, high, share, part in (("low_95", "high_95", 0.25, 95), ("low_50", "high_50", 0.55, 50)):
            lows, highs = ([r[key] if r in fan else r["orders"] for r in start + fan] for key in (low, high))
            axes.fill_between(
                x,
                lows,
                highs,
                color=tint(orange.mark, theme.paper, share),
                linewidth=0,
                zorder=2 + (part == 50) * 0.1,
                gid=f"fan-{part}",
            )
        axes.plot(
            x,
            [r["orders"] for r in start + fan],
            color=orange.text,
            linewidth=1.6,
            zorder=3,
            gid="fan-median",
        )
        _value(
            axes,
            (x[-1], fan[-1]["orders"]),
            quantity(fan[-1]["orders"], language),
            orange.text,
            "label-fan",
            paper=theme.paper,
            above=4,
            side="right",
        )
    last = (line or dots)[-1]
    _value(
        axes,
        (x_of(last["day"]), last["orders"]),
        quantity(last["orders"], language, more=1),
        hue.text,
        "label-total",
        paper=theme.paper,
        above=8,
        side="right",
    )


def _arrow(axes: Axes, x: float, y: float, colour: str, gid: str) -> None:
    axes.annotate(
        "",
        (x, y),
        xytext=(0, 11),
        textcoords="offset points",
        annotation_clip=False,
        zorder=3.5,
        arrowprops={
            "arrowstyle": "<|-",
            "color": colour,
            "linewidth": 1.1,
            "shrinkA": 1,
            "shrinkB": 0,
            "mutation_scale": 7,
        },
        gid=f"{gid}-arrow",
    )


def _value(
    axes: Axes,
    at: tuple[float, float],
    words: str,
    colour: str,
    gid: str,
    *,
    paper: str,
    above: float,
    side: str = "center",
) -> None:
    text = axes.annotate(
        words,
        at,
        xytext=(-4 if side == "right" else 0, above),
        textcoords="offset points",
        ha=side,
        va="bottom",
        size=LABEL,
        color=colour,
        annotation_clip=False,
        zorder=6,
        gid=gid,
    )
    embolden(text, 0.3, paper)
