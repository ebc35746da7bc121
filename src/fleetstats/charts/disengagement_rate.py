"""Kilometres per disengagement with what chance alone allows, and the warning that firms count differently."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleetstats.charts.california import by_scope, scopes_named
from fleetstats.charts.frames import Row, name_of, rows_of
from fleetstats.charts.page import alt_text, empty_picture, page, plot_size, source_notes
from fleetstats.charts.style import (
    LABEL,
    LIGHT,
    SMALL,
    Provenance,
    Theme,
    applied,
    embolden,
    text_width,
)
from fleetstats.core.statistics import CONFIDENCE_PERCENT
from fleetstats.core.words import Words, message

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT = message("Kilometres per disengagement in California")

QUERY = """
select
    d.operator, o.name_en as operator_en, o.name_zh as operator_zh,
    d.scope, s.title_en as scope_en, s.title_zh as scope_zh,
    d.report_year, d.period_start, d.period_end, d.disengagements, d.distance_km,
    d.km_per_disengagement, d.km_per_disengagement_low, d.km_per_disengagement_high, d.bound
from disengagement_rate as d
left join operator as o on o.operator = d.operator
left join scope as s on s.scope = d.scope
""".strip()

COLUMNS = (
    "operator scope report_year period_start period_end disengagements distance_km km_per_disengagement "
    "km_per_disengagement_low km_per_disengagement_high bound"
).split()
ENDS = "period_end"
LINES = {"cadmv_testing_with_driver": 16}
OTHER_LINES = 6
ROW = 15.0


def shown(rows: Sequence[Row]) -> list[tuple[str, list[Row], int]]:
    """Of the last report year of each scope the operators with the longest distance; and how many more there are."""
    found = []
    for scope, own in by_scope(rows).items():
        year = max(r["report_year"] for r in own)
        mine = [r for r in own if r["report_year"] == year]
        longest = {
            op: max(_days(r) for r in mine if r["operator"] == op) for op in {r["operator"] for r in mine}
        }
        mine = [r for r in mine if _days(r) == longest[r["operator"]]]
        mine.sort(key=lambda r: (-r["distance_km"], r["operator"]))
        many = LINES.get(scope, OTHER_LINES)
        found.append((scope, mine[:many], len(mine) - len(mine[:many])))
    return found


def draw(frame: pd.DataFrame, *, words: Words, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per operator, scope and report year."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return empty_picture(ABOUT, words, provenance, theme)
        groups = shown(rows)
        headline, deck = finding(groups, words)
        lines = sum(len(own) + 1.6 for _, own, _ in groups)
        figure, axes = page(
            headline,
            deck,
            _subtitle(groups, words),
            [*_notes(groups, words), *source_notes(provenance, words)],
            theme=theme,
            headroom=4.0,
            plot=max(90.0, lines * ROW),
        )
        _draw(axes, groups, lines, words, theme)
        return figure


def describe(frame: pd.DataFrame, words: Words) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    groups = shown(rows)
    said = [
        words.say(
            "{scope}: {rates}",
            scope=name_of(own[0], "scope", words),
            rates=words.habits.items(
                [
                    words.say(
                        "{operator} {rate}", operator=name_of(r, "operator", words), rate=_value(r, words)
                    )
                    for r in own
                ]
            ),
        )
        for _, own, _ in groups
    ]
    return alt_text(words, words.say("Dot chart on a log scale"), ABOUT, finding(groups, words), said)


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = rows_of(frame, COLUMNS, "disengagement-rate")
    return [r for r in rows if r["km_per_disengagement_low"] is not None and r["distance_km"]]


def _days(row: Row) -> int:
    return int((row["period_end"] - row["period_start"]).days)


def _value(row: Row, words: Words) -> str:
    if row["km_per_disengagement"] is None:
        least = words.habits.quantity(row["km_per_disengagement_low"], rounding="down")
        return words.say("no disengagement, at least {amount} km", amount=least)
    return words.say("{amount} km", amount=words.habits.quantity(row["km_per_disengagement"]))


def finding(groups: Sequence[tuple[str, list[Row], int]], words: Words) -> tuple[str, str]:
    """How far apart the rates are, which is why they are no ranking."""
    _, own, _ = groups[0]
    rated = sorted(
        (r for r in own if r["km_per_disengagement"] is not None), key=lambda r: r["km_per_disengagement"]
    )
    year = own[0]["report_year"]
    if len(rated) < 2:
        return words.say("Kilometres per disengagement, report year {year}", year=year), ""
    low, high = rated[0], rated[-1]
    few = [r for r in own if r["disengagements"] <= 4]
    headline = words.say(
        "One disengagement per {low} km, or per {high} km: firms do not count alike",
        low=words.habits.quantity(low["km_per_disengagement"]),
        high=words.habits.quantity(high["km_per_disengagement"]),
    )
    deck = words.say(
        "Report year {year}: shortest {shortest}, longest {longest}; {few} of {all} had at most four: wide intervals",
        year=year,
        shortest=name_of(low, "operator", words),
        longest=name_of(high, "operator", words),
        few=len(few),
        all=len(own),
    )
    return headline, deck


def _subtitle(groups: Sequence[tuple[str, list[Row], int]], words: Words) -> str:
    return words.say(
        "Kilometres per disengagement, log scale, report year {year} (December to November), longest distance on top",
        year=max(own[0]["report_year"] for _, own, _ in groups),
    )


def _notes(groups: Sequence[tuple[str, list[Row], int]], words: Words) -> list[str]:
    more = sum(rest for _, _, rest in groups)
    reading = [
        words.say(
            "How to read: the dot is the rate, the line the exact {level} % Poisson interval, which covers chance "
            "only; an arrow means no disengagement: at least this, the low end of the interval.",
            level=CONFIDENCE_PERCENT,
        )
    ]
    if more:
        reading.append(
            words.say_counted(
                "{n} more with shorter distances is not drawn.",
                "{n} more with shorter distances are not drawn.",
                more,
            )
        )
    return [
        words.say(
            "Warning: firms define a disengagement differently and drive on different roads. A rate compares a "
            "firm with its own past, and hardly ever with another firm."
        ),
        words.habits.sentence_gap.join(reading),
        scopes_named([name_of(own[0], "scope", words) for _, own, _ in groups], words),
    ]


def _draw(
    axes: Axes, groups: Sequence[tuple[str, list[Row], int]], lines: float, words: Words, theme: Theme
) -> None:
    every = [r for _, own, _ in groups for r in own]
    names = [name_of(r, "operator", words) for r in every]
    counts = [_count(r, words) for r in every]
    keep_left = min(max(text_width(n, LABEL) for n in names) + 12.0, 190.0)
    keep_right = max(text_width(c, SMALL) for c in counts) + 14.0
    figure, box = axes.figure, axes.get_position()
    width, _ = plot_size(axes)
    per = box.width / width
    axes.set_position(
        (box.x0 + (keep_left - 34) * per, box.y0, box.width - (keep_left - 34 + keep_right) * per, box.height)
    )
    ends = [
        v
        for r in every
        for v in (r["km_per_disengagement_low"], r["km_per_disengagement_high"], r["km_per_disengagement"])
        if v
    ]
    low, high = math.floor(math.log10(min(ends))), math.ceil(math.log10(max(ends)))
    high = max(high, low + 1)
    axes.set_xscale("log")
    axes.set_xlim(10.0**low, 10.0**high)
    marks = [10.0**n for n in range(low, high + 1)]
    axes.set_xticks(marks, [words.habits.tick(m) for m in marks])
    axes.minorticks_off()
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color=theme.grid, linewidth=0.7)
    axes.set_ylim(lines, 0)
    axes.set_yticks([])
    at = 0.0
    for scope, own, _ in groups:
        head = axes.annotate(
            name_of(own[0], "scope", words),
            (0, at + 0.8),
            xycoords=("axes fraction", "data"),
            xytext=(-keep_left + 8, 0),
            textcoords="offset points",
            va="center",
            size=SMALL + 0.5,
            color=theme.ink,
            annotation_clip=False,
            gid=f"group-{scope}",
            bbox={"facecolor": theme.paper, "edgecolor": "none", "pad": 1.0},
        )
        embolden(head, 0.3)
        at += 1.6
        for row in own:
            _draw_row(axes, row, at, words, theme, keep_left)
            at += 1.0
    axes.annotate(
        words.say("events / km"),
        (1, 0.0),
        xycoords=("axes fraction", "data"),
        xytext=(8, -4),
        textcoords="offset points",
        size=SMALL,
        color=theme.muted,
        va="top",
        annotation_clip=False,
        gid="counts-title",
    )
    del figure


def _count(row: Row, words: Words) -> str:
    n, km = int(row["disengagements"]), words.habits.quantity(row["distance_km"])
    # may use: n
    return words.say_in("disengagements / km", "{events} / {km}", events=f"{n:,}", km=km, n=n)


def _draw_row(axes: Axes, row: Row, at: float, words: Words, theme: Theme, keep_left: float) -> None:
    y, operator = at + 0.2, row["operator"]
    year = "" if row["scope"].endswith("with_driver") else "-apart"
    hue = theme.hues["vermilion" if year else "blue"]
    low, high, rate = (row[f"km_per_disengagement{e}"] for e in ("_low", "_high", ""))
    if rate is None:
        axes.plot(
            [low],
            [y],
            marker="|",
            markersize=9,
            markeredgewidth=1.6,
            color=hue.mark,
            linestyle="none",
            gid=f"{operator}{year}-least",
        )
        axes.annotate(
            "",
            (low, y),
            xytext=(22, 0),
            textcoords="offset points",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "<|-",
                "color": hue.mark,
                "linewidth": 1.3,
                "shrinkA": 0,
                "shrinkB": 0,
                "mutation_scale": 9,
            },
            gid=f"{operator}{year}-arrow",
        )
    else:
        axes.plot(
            [low, high],
            [y, y],
            color=hue.mark,
            linewidth=1.6,
            solid_capstyle="butt",
            gid=f"{operator}{year}-interval",
        )
        axes.plot(
            [rate],
            [y],
            marker="o",
            markersize=5.5,
            color=hue.mark,
            linestyle="none",
            gid=f"{operator}{year}-rate",
        )
    name = name_of(row, "operator", words)
    while text_width(name, LABEL) > keep_left - 10 and len(name) > 4:
        name = name[:-2].rstrip() + "…"
    axes.annotate(
        name,
        (0, y),
        xycoords=("axes fraction", "data"),
        xytext=(-8, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        size=LABEL,
        color=theme.ink,
        annotation_clip=False,
        gid=f"name-{operator}{year}",
    )
    axes.annotate(
        _count(row, words),
        (1, y),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        size=SMALL,
        color=theme.muted,
        annotation_clip=False,
        gid=f"count-{operator}{year}",
    )
