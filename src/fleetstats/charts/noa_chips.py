"""Who supplied the chips of cars with navigation on autopilot in China; what is not known stays unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleetstats.charts.frames import Row, name_of, rows_of
from fleetstats.charts.page import alt_text, empty_picture, page, source_notes
from fleetstats.charts.style import (
    LABEL,
    LIGHT,
    SMALL,
    Hue,
    Provenance,
    Theme,
    applied,
    balanced,
    embolden,
    hues_for,
    on,
    text_width,
    tint,
)
from fleetstats.core.words import Words, message

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT = message("Chips of cars with navigation on autopilot (NOA) in China")

QUERY = """
select
    n.vendor, o.name_en as vendor_en, o.name_zh as vendor_zh,
    n.measure, n.segment, n.period, n.period_end, n.value, n.unit, n.bound, n.confidence
from noa_chip_share as n
left join operator as o on o.operator = n.vendor
where n.measure = 'noa_chip_share'
""".strip()

COLUMNS = "vendor measure segment period period_end value bound confidence".split()
ENDS = "period_end"
ROW = 62.0
SEGMENTS = {
    "前装NOA": message("Factory-fitted NOA"),
    "前装NOA (excl. Tesla FSD)": message("Factory-fitted NOA (without Tesla FSD)"),
    "城区NOA": message("Urban NOA"),
}
"""Segments as their publisher prints them; others are told as they are."""


def bars_of(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """The segments of the last period, the one with most vendors first; largest share first, unknown splits last."""
    period = max(rows, key=lambda r: r["period_end"])["period"]
    mine = [r for r in rows if r["period"] == period]
    segments = sorted({str(r["segment"]) for r in mine}, key=lambda s: -sum(r["segment"] == s for r in mine))
    return [
        (
            s,
            sorted(
                (r for r in mine if r["segment"] == s), key=lambda r: (r["bound"] == "derived", -r["value"])
            ),
        )
        for s in segments
    ]


def draw(frame: pd.DataFrame, *, words: Words, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per vendor, segment and period, percent."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return empty_picture(ABOUT, words, provenance, theme)
        bars = bars_of(rows)
        headline, deck = finding(bars, words)
        figure, axes = page(
            headline,
            deck,
            words.say("Share of cars with the function, in percent"),
            [*_notes(bars, words), *source_notes(provenance, words)],
            theme=theme,
            plot=max(120.0, ROW * len(bars) + 34.0),
        )
        _draw(axes, bars, words, theme)
        return figure


def describe(frame: pd.DataFrame, words: Words) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    bars = bars_of(rows)
    said = [
        words.say(
            "{segment}: {shares}",
            segment=_segment(segment, words),
            shares=words.habits.items([_share(r, words) for r in own]),
        )
        for segment, own in bars
    ]
    return alt_text(words, words.say("Bar chart"), ABOUT, finding(bars, words), said)


def _share(row: Row, words: Words) -> str:
    return words.say("{vendor} {share}", vendor=name_of(row, "vendor", words), share=_percent(row, words))


def _rows(frame: pd.DataFrame) -> list[Row]:
    return [r for r in rows_of(frame, COLUMNS, "noa-chips") if r["value"] is not None]


def _segment(code: str, words: Words) -> str:
    """The publisher's own words, in the reader's language where they are known."""
    return words.of(SEGMENTS.get(code, code))


def _percent(row: Row, words: Words) -> str:
    text = f"{row['value']:g}%"
    return words.say("at least {percent}", percent=text) if row["bound"] == "at_least" else text


def _period(row: Row, words: Words) -> str:
    period = str(row["period"])
    if len(period) == 6 and period[4] == "H":
        if period[5] == "1":
            return words.say("first half of {year}", year=period[:4])
        return words.say("second half of {year}", year=period[:4])
    return words.say_in("year", "{year}", year=period) if period.isdigit() else period


def finding(bars: Sequence[tuple[str, list[Row]]], words: Words) -> tuple[str, str]:
    """The vendors that are known, and what is not."""
    _, own = bars[0]
    known = [
        r for r in own if r["bound"] != "derived" and "_" not in r["vendor"].replace("horizon_robotics", "")
    ]
    names = [
        words.say_in(
            "headline", "{vendor} {share}", vendor=name_of(r, "vendor", words), share=_percent(r, words)
        )
        for r in known[:3]
    ]
    when = _period(own[0], words)
    # may use: period, phrases
    headline = words.say(
        "NOA chips in China: {vendors}",
        vendors=words.habits.listed(names),
        phrases=words.habits.phrase_comma.join(names),
        period=when,
    )
    unknown = [
        words.say(
            "{vendors} have {share} together; how it splits is not known",
            vendors=name_of(r, "vendor", words),
            share=f"{r['value']:g}%",
        )
        for r in own
        if r["bound"] == "derived"
    ]
    # may use: nothing. A language that names the period in the headline says nothing here.
    deck = words.say_in("deck", "{period}", period=f"{when[0].upper()}{when[1:]}", nothing="")
    for sentence in unknown:
        deck = words.say("{before}. {after}", before=deck, after=sentence) if deck else sentence
    return headline, deck


def _notes(bars: Sequence[tuple[str, list[Row]]], words: Words) -> list[str]:
    every = [r for _, own in bars for r in own]
    said = []
    if any(r["bound"] == "derived" for r in every):
        said.append(
            words.say("hatched: derived as what is left of 100 %, and the split within it is not known")
        )
    if any(r["bound"] == "at_least" for r in every):
        said.append(words.say('arrow: "over", a lower bound'))
    notes = []
    if said:
        notes.append(words.say("How to read: {marks}.", marks=words.habits.semicolon.join(said)))
    notes.append(
        words.say(
            "Segments: {segments}. They have different bases; shares of different segments are not compared or added.",
            segments=words.habits.semicolon.join(_segment(s, words) for s, _ in bars),
        )
    )
    return notes


def _draw(axes: Axes, bars: Sequence[tuple[str, list[Row]]], words: Words, theme: Theme) -> None:
    vendors = list(dict.fromkeys(r["vendor"] for _, own in bars for r in own if r["bound"] != "derived"))
    hues = hues_for(vendors, theme)
    axes.set_xlim(0, 100)
    box = axes.get_position()
    axes.set_position((box.x0 - 0.045, box.y0, box.width + 0.035, box.height))
    marks = range(0, 101, 20)
    axes.set_xticks(list(marks), [f"{m}%" for m in marks])
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color=theme.grid, linewidth=0.7)
    axes.set_ylim(len(bars), -0.1)
    axes.set_yticks([])
    per = axes.get_position().width * 720.0 / 100
    for index, (segment, own) in enumerate(bars):
        head = axes.annotate(
            _segment(segment, words),
            (0, index + 0.13),
            va="center",
            size=LABEL,
            color=theme.ink,
            gid=f"segment-{index}",
            bbox={"facecolor": theme.paper, "edgecolor": "none", "pad": 1.0},
        )
        embolden(head, 0.3)
        reached = 0.0
        for row in own:
            _draw_part(axes, row, reached, index, per=per, hues=hues, words=words, theme=theme)
            reached += row["value"]


def _draw_part(
    axes: Axes,
    row: Row,
    left: float,
    index: int,
    *,
    per: float,
    hues: dict[str, Hue],
    words: Words,
    theme: Theme,
) -> None:
    unknown = row["bound"] == "derived"
    hue = theme.hues["grey"] if unknown else hues[row["vendor"]]
    axes.barh(
        [index + 0.58],
        [row["value"]],
        left=[left],
        height=0.6,
        linewidth=0.8,
        edgecolor=theme.paper,
        zorder=2,
        color=[tint(hue.mark, theme.paper, 0.25) if unknown else hue.mark],
        hatch="////" if unknown else None,
        gid=f"{row['vendor']}-{index}",
    )
    name, value = name_of(row, "vendor", words), _percent(row, words)
    room = row["value"] * per - 12
    lines = [*balanced(name, max(room, 20.0), SMALL), value]
    colour = theme.ink if unknown else on(hue.mark)
    fits = len(lines) <= 3 and max(text_width(line, SMALL) for line in lines) <= room + 2
    for number, line in enumerate(lines if fits else [value] if text_width(value, SMALL) <= room else []):
        text = axes.annotate(
            line,
            (left, index + 0.58),
            xytext=(7, (len(lines) / 2 - number - 0.5) * 11.5 if fits else 0),
            textcoords="offset points",
            va="center",
            size=SMALL,
            color=colour,
            zorder=4,
            gid=f"label-{row['vendor']}-{index}-{number}",
            bbox={"facecolor": tint(hue.mark, theme.paper, 0.25), "edgecolor": "none", "pad": 0.6}
            if unknown
            else None,
        )
        if number == len(lines) - 1:
            embolden(text, 0.3)
    if row["bound"] == "at_least":
        end = left + row["value"]
        axes.annotate(
            "",
            (end, index + 0.58),
            xytext=(26, 0),
            textcoords="offset points",
            annotation_clip=False,
            zorder=3,
            arrowprops={
                "arrowstyle": "<|-",
                "color": hue.mark,
                "linewidth": 1.4,
                "shrinkA": 0,
                "shrinkB": 0,
                "mutation_scale": 10,
            },
            gid=f"{row['vendor']}-{index}-arrow",
        )
