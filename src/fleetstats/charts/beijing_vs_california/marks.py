"""The marks of the chart: lines, bands, arrows, breaks and their words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from fleetstats.charts.axes import step, x_of
from fleetstats.charts.beijing_vs_california.series import OPEN, Point, Series, firmness
from fleetstats.charts.california import km
from fleetstats.charts.labels import Label
from fleetstats.charts.page import plot_size
from fleetstats.charts.style import LABEL, LEADING, SMALL, Theme, tint, wrap
from fleetstats.core.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = {"exact": "o", "derived": "s"}


def set_axes(axes: Axes, series: Sequence[Series], words: Words) -> None:
    every = [p for one in series for p in one.points]
    years = range(min(p.year for p in every), max(p.year for p in every) + 1)
    first = min(one.points[0].through if one.points[0].km is not None else one.since(0) for one in series)
    last = max(p.through for p in every)
    axes.set_xlim(x_of(first) - 45, x_of(last) + 12)
    axes.set_xticks([x_of(date(y, 12, 31)) for y in years], [str(y) for y in years])
    values = [v for p in every for v in (p.km, p.low, p.high) if v is not None]
    highest = max(*values, 1.0)
    axes.set_ylim(0, highest * 1.06)
    size = step(highest)
    ticks = [size * n for n in range(int(highest / size) + 1)]
    axes.set_yticks(ticks, [words.habits.tick(value) for value in ticks])


def draw_breaks(axes: Axes, series: Sequence[Series], words: Words, theme: Theme) -> None:
    """A hairline where a scope ends, with the scope before and the scope after above it."""
    at: dict[tuple[date, str, str], Point] = {}
    for one in series:
        for before, after in one.breaks:
            at.setdefault((before.through, words.of(before.scope_name), words.of(after.scope_name)), after)
    for (through, left, right), after in at.items():
        x = x_of(through)
        axes.plot(
            [x, x], [0, 1.09], transform=axes.get_xaxis_transform(), color=theme.muted, linewidth=0.6,
            clip_on=False, zorder=1.5, gid=f"break-{after.year}",
        )  # fmt: skip
        until = words.say("to {year}: {scope} ◂", year=through.year, scope=left)
        since = words.say("▸ from {year}: {scope}", year=after.year, scope=right)
        for text, side, shift in ((until, "right", -3), (since, "left", 3)):
            axes.annotate(
                text, (x, 1.09), xycoords=axes.get_xaxis_transform(), xytext=(shift, 0),
                textcoords="offset points", ha=side, va="top", size=SMALL, color=theme.muted,
                annotation_clip=False, gid=f"break-{after.year}-{side}",
            )  # fmt: skip


def draw_bands(axes: Axes, one: Series, theme: Theme) -> None:
    """Between the bounds, year by year.

    A cumulative distance never falls, so the bounds at a year's end hold all through the year: each year is
    a step, and nothing is interpolated between one bound and the next.
    """
    colour = one.hue.mark
    for index, point in enumerate(one.points):
        if point.km is not None or point.high is None:
            continue
        start = one.since(index)
        x, low, high = [x_of(start), x_of(point.through)], point.low or 0.0, point.high
        gid = f"{one.fleet}-band-{point.year}"
        axes.fill_between(
            x,
            [low, low],
            [high, high],
            color=tint(colour, theme.paper, 0.14),
            linewidth=0,
            zorder=1.2,
            gid=gid,
        )
        firm, _ = firmness(point)
        axes.plot(x, [high, high], color=colour, linewidth=1.1, linestyle="-" if firm else (0, (4, 2.5)),
                  zorder=2.2, gid=f"{gid}-high")  # fmt: skip
        axes.plot([x[1]], [high], marker="o", markersize=5, color=colour, clip_on=False, zorder=4,
                  markerfacecolor=colour if firm else theme.paper, gid=f"{gid}-end")  # fmt: skip


def draw_line(axes: Axes, one: Series, theme: Theme) -> None:
    colour, small = one.hue.mark, one.apart
    for run in _runs(one):
        axes.plot(
            [x_of(p.through) for p in run], [p.km or 0.0 for p in run], color=colour, clip_on=False, zorder=3,
            linewidth=1.0 if small else 2.0, linestyle=(0, (2, 1.6)) if small else "-",
            gid=f"{one.fleet}{'-driverless' if small else ''}-line-{run[0].year}",
        )  # fmt: skip
    for p in one.points:
        if p.km is not None:
            if (p.high is not None and p.high > p.km) or (p.low is not None and p.low < p.km):
                axes.plot([x_of(p.through)] * 2, [p.low if p.low is not None else p.km, p.high or p.km],
                          color=colour, linewidth=1.0, zorder=3.1, gid=f"{one.fleet}-whisker-{p.year}")  # fmt: skip
            axes.plot(
                [x_of(p.through)], [p.km], marker=MARKERS.get(p.bound, "o"), color=colour, clip_on=False, zorder=4,
                markersize=3 if small else 5, markeredgewidth=1.0 if small else 1.3,
                markerfacecolor=theme.paper if p.bound in OPEN else colour, linestyle="none",
                gid=f"{one.fleet}{'-driverless' if small else ''}-point-{p.year}",
            )  # fmt: skip
    _draw_least(axes, one)


def _runs(one: Series) -> list[list[Point]]:
    """Neighbouring points with a figure and of one scope: only these are joined by a line."""
    runs: list[list[Point]] = []
    before: Point | None = None
    for point in one.points:
        if point.km is not None:
            if before is not None and before.km is not None and before.scope == point.scope:
                runs[-1].append(point)
            else:
                runs.append([point])
        before = point
    return [run for run in runs if len(run) > 1]


def _draw_least(axes: Axes, one: Series) -> None:
    """The lower bound from the last figure on, as a thin line; an arrow up where it is all that is known."""
    for index, point in enumerate(one.points):
        x = x_of(point.through)
        if point.low is not None and point.km is None:
            start = x_of(one.since(index))
            axes.plot([start, x], [point.low] * 2, color=one.hue.mark, linewidth=1.1, clip_on=False, zorder=2.2,
                      gid=f"{one.fleet}-least-{point.year}")  # fmt: skip
        at_least = point.high is None and (point.km is None or point.bound == "at_least")
        foot = point.low if point.low is not None else point.km
        if at_least and foot is not None:
            axes.annotate(
                "", (x, foot), xytext=(0, 17), textcoords="offset points", annotation_clip=False, zorder=3,
                arrowprops={"arrowstyle": "<|-", "color": one.hue.mark, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0,
                            "mutation_scale": 8},
                gid=f"{one.fleet}-arrow-{point.year}",
            )  # fmt: skip


def labels_of(one: Series, words: Words) -> list[Label]:
    """What stands at the end of a series: one line, or one for each end of a band."""
    point = one.last
    x, name = x_of(point.through), words.of(point.name)
    size, gid = LABEL, f"label-{one.fleet}"
    if one.apart:
        name, size, gid = words.say("{fleet} driverless", fleet=name), SMALL, f"{gid}-driverless"
    if point.km is not None and point.bound != "at_least":
        bound = "approximate" if point.bound in OPEN else None
        return [Label(point.km, name, km(point.km, bound, words), one.hue, size, gid, x)]
    found = []
    if point.high is not None:
        text = words.say("at most {distance}", distance=_upper(point, point.high, words))
        found.append(Label(point.high, name, text, one.hue, size, f"{gid}-high", x))
    if point.at_least is not None:
        least = words.habits.quantity(point.at_least, rounding="down")
        text = words.say("at least {distance}", distance=words.say("{amount} km", amount=least))
        found.append(Label(point.at_least, name, text, one.hue, size, f"{gid}-low", x))
    return found


def _upper(point: Point, high: float, words: Words) -> str:
    firm, rounding = firmness(point)
    amount = words.habits.quantity(high, rounding=rounding)
    return words.say("{amount} km", amount=amount) if firm else words.say("≈ {amount} km", amount=amount)


def draw_remarks(axes: Axes, series: Sequence[Series], words: Words) -> None:
    """Words inside a band: whose it is, since when there is no figure, and upper bounds before the last."""
    width, height = plot_size(axes)
    per_day = width / (axes.get_xlim()[1] - axes.get_xlim()[0])
    per_km = height / axes.get_ylim()[1]
    for one in series:
        bands = [(i, p, p.high) for i, p in enumerate(one.points) if p.km is None and p.high is not None]
        if not bands:
            continue
        index, point, high = max(bands, key=lambda band: band[2])
        start = one.since(index)
        room = (x_of(point.through) - x_of(start)) * per_day - 14.0
        last = max((p.year for p in one.points if p.km is not None), default=None)
        if last:
            text = words.say(
                "{fleet} is somewhere in the shaded area; no figure found after {year}",
                fleet=point.name,
                year=last,
            )
        else:
            text = words.say("{fleet} is somewhere in the shaded area", fleet=point.name)
        lines = wrap(text, room, SMALL)
        if (high - (point.low or 0.0)) * per_km > (len(lines) + 1) * SMALL * LEADING:
            for number, line in enumerate(lines):
                axes.annotate(
                    line, (x_of(start), high), xytext=(7, -7 - number * SMALL * LEADING), textcoords="offset points",
                    va="top", size=SMALL, color=one.hue.text, gid=f"{one.fleet}-remark-{number}",
                )  # fmt: skip
        for _, p, value in bands:
            firm, rounding = firmness(p)
            amount = words.habits.quantity(value, rounding=rounding)
            text = (
                words.say("at most {amount}", amount=amount)
                if firm
                else words.say("at most ≈ {amount}", amount=amount)
            )
            if (
                p is not one.last
                and p is not point
                and (value - (p.low or 0.0)) * per_km > SMALL * LEADING + 3
            ):
                axes.annotate(
                    text, (x_of(p.through), value), xytext=(-9, -4), textcoords="offset points", ha="right",
                    va="top", size=SMALL, color=one.hue.text, gid=f"{one.fleet}-band-{p.year}-value",
                )  # fmt: skip
