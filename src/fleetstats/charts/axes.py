"""Axes that are drawn the same way everywhere: round steps, years along the bottom, a title over a panel."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

from fleetstats.charts.style import SMALL, Theme, embolden
from fleetstats.core.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def x_of(day_: date) -> float:
    """The place of a day on the x axis, in days (matplotlib's epoch)."""
    from matplotlib.dates import date2num

    return float(date2num(day_))  # type: ignore[no-untyped-call]  # matplotlib leaves it untyped


def step(highest: float) -> float:
    """A round step that gives 4 to 8 ticks."""
    power = 10.0 ** math.floor(math.log10(highest))
    return next(power * part for part in (0.2, 0.25, 0.5, 1.0, 2.0) if highest / (power * part) <= 7)


def amounts(axes: Axes, highest: float, words: Words, *, room: float = 1.06) -> None:
    """The y axis from zero to a little above `highest`, with round ticks."""
    highest = max(highest, 1.0)
    axes.set_ylim(0, highest * room)
    size = step(highest)
    ticks = [size * n for n in range(int(highest * room / size) + 1)]
    axes.set_yticks(ticks, [words.habits.tick(value) for value in ticks])


def years(axes: Axes, first: date, last: date, *, before: float = 0.0, after: float = 0.0) -> None:
    """The x axis from `first` to `last`, with a tick at each January and the year's name in its middle."""
    axes.set_xlim(x_of(first) - before, x_of(last) + after)
    starts = [date(y, 1, 1) for y in range(first.year, last.year + 2)]
    axes.set_xticks([x_of(d) for d in starts if first <= d <= last], minor=False)
    axes.set_xticklabels([])
    # As the line below them: a dark sheet hides black ones
    axes.tick_params(axis="x", length=4, width=0.7, color=axes.spines["bottom"].get_edgecolor())
    width = x_of(last) + after - x_of(first) + before
    for start in starts[:-1]:
        left, right = max(x_of(start), x_of(first)), min(x_of(date(start.year + 1, 1, 1)), x_of(last))
        if right - left > width * 0.06:
            axes.annotate(
                str(start.year),
                ((left + right) / 2, 0),
                xycoords=("data", "axes fraction"),
                xytext=(0, -6),
                textcoords="offset points",
                ha="center",
                va="top",
                size=SMALL,
                annotation_clip=False,
                color=axes.xaxis.get_tick_params()["labelcolor"],
                gid=f"year-{start.year}",
            )


def panel_title(axes: Axes, title: str, theme: Theme, *, shift: float = -34.0) -> None:
    """What a panel shows, in bold above its left edge."""
    text = axes.annotate(
        title,
        (0, 1),
        xycoords="axes fraction",
        xytext=(shift, 17),
        textcoords="offset points",
        ha="left",
        va="baseline",  # titles beside each other have letters of different depth
        size=SMALL + 1.0,
        color=theme.ink,
        annotation_clip=False,
        gid="panel-title",
    )
    embolden(text, 0.3)
