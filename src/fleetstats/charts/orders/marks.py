"""The marks of the chart: bars and fan of the quarters, line, dots and fan of the running total."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fleetstats.charts.axes import amounts, x_of, years
from fleetstats.charts.frames import Row
from fleetstats.charts.orders.rows import DOUBTFUL, LINE, of, passing
from fleetstats.charts.style import LABEL, SMALL, Theme, embolden, tint
from fleetstats.core.periods import quarter_of
from fleetstats.core.statistics import INNER_INTERVAL as INNER
from fleetstats.core.statistics import OUTER_INTERVAL as OUTER
from fleetstats.core.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAN = tuple(
    (f"low_{level}", f"high_{level}", share, level) for level, share in ((OUTER, 0.25), (INNER, 0.55))
)
"""The intervals of the forecast, the outer one first: columns of its ends, how much of the hue, and its level."""


def draw_quarters(axes: Axes, rows: Sequence[Row], words: Words, theme: Theme) -> None:
    """Orders of each quarter, and the forecast of the next ones."""
    bars, fan, hue = of(rows, "quarter"), of(rows, "increment"), theme.hues["blue"]
    if not bars and not fan:
        axes.set_axis_off()
        return
    tops = [r["orders"] for r in bars] + [r[f"high_{OUTER}"] or r["orders"] for r in fan]
    amounts(axes, min(max(tops), 4 * max([r["orders"] for r in bars] or tops)), words, room=1.14)
    first = bars[0]["day"] if bars else fan[0]["day"]
    end = max([r["day"] + timedelta(days=91) for r in bars] + [r["day"] for r in fan])
    years(axes, date(first.year, first.month, 1), end, before=8, after=10)
    for row in bars:
        doubtful, gid = row["confidence"] in DOUBTFUL, f"quarter-{quarter_of(row['day'])}"
        x = x_of(row["day"]) + 45
        axes.bar(
            [x],
            [row["orders"]],
            width=74,
            linewidth=0.8 if doubtful else 0.0,
            edgecolor=hue.mark,
            zorder=2,
            color=[tint(hue.mark, theme.paper, 0.3) if doubtful else hue.mark],
            gid=gid,
        )
        if row["bound"] == "at_least":
            _arrow(axes, x, row["orders"], hue.mark, gid)
    for row in fan:
        x, gid = x_of(row["day"]) - 45, f"forecast-{quarter_of(row['day'])}"
        for low, high, share, part in FAN:
            axes.bar(
                [x],
                [row[high] - row[low]],
                bottom=[row[low]],
                width=74,
                linewidth=0.0,
                zorder=2 + (part == INNER),
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
            words.habits.quantity(last["orders"]),
            hue.text,
            "label-quarter",
            paper=theme.paper,
            above=14 if last["bound"] == "at_least" else 3,
        )
    if fan:
        _value(
            axes,
            (x_of(fan[-1]["day"]), max(r[f"high_{OUTER}"] for r in fan)),
            words.say("median {amount}", amount=words.habits.quantity(fan[-1]["orders"])),
            theme.hues["orange"].text,
            "label-forecast",
            paper=theme.paper,
            above=3,
            side="right",
        )


def draw_total(axes: Axes, rows: Sequence[Row], words: Words, theme: Theme) -> None:
    """The running total, its forecast, and the line of ten million with the days between which it was passed."""
    line, dots, fan = of(rows, "derived"), of(rows, "published"), of(rows, "cumulative")
    if not (line or dots):
        axes.set_axis_off()
        return
    hue, orange = theme.hues["blue"], theme.hues["orange"]
    tops = [r["orders"] for r in line + dots]
    ahead = [r[f"high_{OUTER}"] for r in fan if r[f"high_{OUTER}"]]
    amounts(
        axes,
        max(min(max([*tops, *ahead]), 3 * max(tops)), LINE * 1.05 if max(tops) > LINE / 4 else 0),
        words,
    )
    every = [r["day"] for r in line + dots + fan]
    years(axes, date(min(every).year, (min(every).month - 1) // 3 * 3 + 1, 1), max(every), before=8, after=14)
    if axes.get_ylim()[1] >= LINE:
        axes.axhline(
            LINE, color=theme.ink, linewidth=0.9, linestyle=(0, (4, 2.5)), zorder=1.6, gid="ten-million"
        )
        text = words.say("ten million")
        below, first = passing(rows)
        if first is not None:
            text = words.say("ten million, passed by {day}", day=words.habits.day_named(first))
            if below is not None:
                axes.axvspan(
                    x_of(below), x_of(first), color=theme.grid, linewidth=0, zorder=0.8, gid="passing"
                )
        axes.annotate(
            text,
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
        for low, high, share, part in FAN:
            lows, highs = ([r[key] if r in fan else r["orders"] for r in start + fan] for key in (low, high))
            axes.fill_between(
                x,
                lows,
                highs,
                color=tint(orange.mark, theme.paper, share),
                linewidth=0,
                zorder=2 + (part == INNER) * 0.1,
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
            words.habits.quantity(fan[-1]["orders"]),
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
        words.habits.quantity(last["orders"], more=1),
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
    text: str,
    colour: str,
    gid: str,
    *,
    paper: str,
    above: float,
    side: str = "center",
) -> None:
    label = axes.annotate(
        text,
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
    embolden(label, 0.3, paper)
