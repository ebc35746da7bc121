"""What is held: a calendar grid of sources, firms and quarters, with what is missing and what was not found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from fleetstats.charts.california import others
from fleetstats.charts.frames import Row, name_of, rows_of
from fleetstats.charts.page import alt_text, empty_picture, page, source_notes
from fleetstats.charts.style import (
    LIGHT,
    PAGE_WIDTH,
    SMALL,
    Provenance,
    Theme,
    applied,
    embolden,
    text_width,
    tint,
)
from fleetstats.core.periods import quarter_of
from fleetstats.core.words import Words, message

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT = message("What is held, and what is missing")

QUERY = """
select
    c.source, s.title_en as source_en, s.title_zh as source_zh,
    c.operator, o.name_en as operator_en, o.name_zh as operator_zh,
    c.scope, p.title_en as scope_en, p.title_zh as scope_zh,
    c.measure, c.period, c.period_start, c.period_end, c.status, c.document
from coverage as c
left join source as s on s.source = c.source
left join operator as o on o.operator = c.operator
left join scope as p on p.scope = c.scope
""".strip()

COLUMNS = "source operator measure period_start period_end status document".split()
ENDS = "period_start"
TOP = 6
"""Firms named per source; the others share one line."""
ROW = 12.5
RANK = ("held", "partial", "filed_empty", "missing", "not_found")
"""Where several lines meet in a cell, the first of these is drawn."""
STATUS = {
    "held": message("held"),
    "partial": message("held in part"),
    "filed_empty": message("filed empty"),
    "missing": message("published, not held"),
    "not_found": message("looked for, not found"),
}


@dataclass
class Line:
    """One line of the grid: the status of each quarter."""

    source: str
    code: str
    name: str
    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    held: int = 0


def quarters_between(start: date, end: date) -> list[tuple[int, int]]:
    """Years and quarters that two days reach over."""
    first, last = start.year * 4 + (start.month - 1) // 3, end.year * 4 + (end.month - 1) // 3
    return [(n // 4, n % 4 + 1) for n in range(first, last + 1)]


def lines_of(rows: Sequence[Row], words: Words, until: date) -> dict[str, list[Line]]:
    """The lines of each source: those about all firms first, then the firms with most quarters, then the rest."""
    found: dict[str, list[Line]] = {}
    for source in sorted({str(r["source"]) for r in rows}):
        own = [r for r in rows if r["source"] == source]
        firms: dict[str, Line] = {}
        for r in own:
            code = str(r["operator"] or "all")
            line = firms.setdefault(
                code, Line(source, code, name_of({**r, "operator": code}, "operator", words))
            )
            for cell in quarters_between(r["period_start"], min(r["period_end"], until)):
                old = line.cells.get(cell)
                if old is None or RANK.index(str(r["status"])) < RANK.index(old):
                    line.cells[cell] = str(r["status"])
            line.held = sum(status == "held" for status in line.cells.values())
        whole = [firms.pop(code) for code in sorted(firms) if code.startswith("all")]
        ranked = sorted(firms.values(), key=lambda one: (-one.held, one.code))
        named = ranked if len(ranked) <= TOP + 1 else ranked[:TOP]
        rest = ranked[len(named) :]
        if rest:
            joined = Line(source, "others", others(len(rest), words))
            for line in rest:
                for cell, status in line.cells.items():
                    old = joined.cells.get(cell)
                    if old is None or RANK.index(status) < RANK.index(old):
                        joined.cells[cell] = status
            named = [*named, joined]
        found[source] = [*whole[:1], *named]
    return found


def draw(frame: pd.DataFrame, *, words: Words, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per source, operator, scope, measure and period."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return empty_picture(ABOUT, words, provenance, theme)
        until = _until(rows, provenance)
        grid = lines_of(rows, words, until)
        headline, deck = finding(rows, words)
        height = sum((len(lines) + 1.5) * ROW for lines in grid.values()) + 6
        figure, axes = page(
            headline,
            deck,
            words.say(
                "A cell is a quarter; a line is a firm, and 'all' is what concerns everybody in the source"
            ),
            [_note(words), *source_notes(provenance, words)],
            theme=theme,
            headroom=44.0,
            plot=height,
        )
        _draw(axes, grid, rows, until=until, height=height, words=words, theme=theme)
        return figure


def describe(frame: pd.DataFrame, words: Words) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    said = []
    for source in sorted({str(r["source"]) for r in rows}):
        own = [r for r in rows if r["source"] == source]
        counts = [
            words.say("{status} {n}", status=STATUS[s], n=sum(r["status"] == s for r in own))
            for s in RANK
            if any(r["status"] == s for r in own)
        ]
        said.append(
            words.say(
                "{source}: {counts}",
                source=name_of(own[0], "source", words),
                counts=words.habits.items(counts),
            )
        )
    return alt_text(words, words.say("Calendar grid"), ABOUT, finding(rows, words), said)


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = rows_of(frame, COLUMNS, "coverage")
    known = [r for r in rows if r["period_start"] is not None and r["status"] in RANK]
    return [{**r, "period_end": max(r["period_end"] or r["period_start"], r["period_start"])} for r in known]


def _until(rows: Sequence[Row], provenance: Provenance) -> date:
    from fleetstats.core.periods import parse_period

    latest: date = max(r["period_end"] for r in rows)
    return min(latest, parse_period(provenance.quarter).end) if provenance.quarter else latest


def entries(rows: Sequence[Row]) -> list[str]:
    """The status of everything that should exist, each once: a document counts once, whether it is held, with its forty
    firms, or missing, with a single line; so does a figure that is no document's."""
    found: dict[tuple[object, ...], str] = {}
    for r in rows:
        own = (r["operator"], r["measure"], r["period_start"], r["period_end"]) if not r["document"] else ()
        key = (r["source"], r["document"], *own)
        status = str(r["status"])
        if key not in found or RANK.index(status) < RANK.index(found[key]):
            found[key] = status
    return list(found.values())


def finding(rows: Sequence[Row], words: Words) -> tuple[str, str]:
    """How many of the documents and figures are held, and what is the largest hole."""
    expected = entries(rows)
    held, missing, lost = (sum(s == status for s in expected) for status in ("held", "missing", "not_found"))
    share = 100 * held / len(expected)
    whole = [r for r in rows if r["operator"] == "all" and r["status"] == "missing"]
    largest = max(whole, key=lambda r: (r["period_end"], str(r["scope"])), default=None)
    headline = words.say(
        "{held} of {all} documents and figures that should exist are held ({share})",
        held=held,
        all=len(expected),
        share=f"{share:.0f}%",
    )
    deck = words.say(
        "{missing} were published and are not held, {lost} were looked for and not found",
        missing=missing,
        lost=lost,
    )
    if largest:
        deck = words.say(
            "{counts}; the latest hole: {source}, {quarters}",
            counts=deck,
            source=name_of(largest, "source", words),
            quarters=f"{quarter_of(largest['period_start'])}–{quarter_of(largest['period_end'])}",
        )
    return headline, deck


def _note(words: Words) -> str:
    return words.say(
        "How to read: where several entries meet in a cell the best is drawn. An empty cell expects no entry; "
        "it is not a zero."
    )


def _draw(
    axes: Axes,
    grid: dict[str, list[Line]],
    rows: Sequence[Row],
    *,
    until: date,
    height: float,
    words: Words,
    theme: Theme,
) -> None:
    names = [line.name for lines in grid.values() for line in lines]
    left = min(max(text_width(n, SMALL) for n in names) + 10, 150.0)
    box = axes.get_position()
    axes.set_position(
        (box.x0 + (left - 34) / PAGE_WIDTH, box.y0, box.width - (left - 34) / PAGE_WIDTH, box.height)
    )
    cells = quarters_between(min(r["period_start"] for r in rows), until)
    axes.set_xlim(0, len(cells))
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    for index, (year, quarter) in enumerate(cells):
        if quarter == 1 or index == 0:
            if quarter == 1:
                axes.plot(
                    [index, index],
                    [0, height],
                    color=theme.grid,
                    linewidth=0.8,
                    zorder=1,
                    gid=f"year-line-{year}",
                )
            if quarter == 1 and index + 2 <= len(cells):
                axes.annotate(
                    str(year),
                    (index, 0),
                    xytext=(2, 3),
                    textcoords="offset points",
                    size=SMALL,
                    color=theme.muted,
                    va="bottom",
                    annotation_clip=False,
                    gid=f"year-{year}",
                )
    places = {cell: n for n, cell in enumerate(cells)}
    at = 0.0
    for source, lines in grid.items():
        title = next(name_of(r, "source", words) for r in rows if r["source"] == source)
        head = axes.annotate(
            title,
            (0, at + ROW * 0.9),
            xycoords=("axes fraction", "data"),
            xytext=(-left + 4, 0),
            textcoords="offset points",
            va="center",
            size=SMALL + 0.5,
            color=theme.ink,
            annotation_clip=False,
            gid=f"source-{source}",
            zorder=5,
            bbox={"facecolor": theme.paper, "edgecolor": "none", "pad": 1.0},
        )
        embolden(head, 0.3)
        at += ROW * 1.5
        for line in lines:
            name = line.name
            while text_width(name, SMALL) > left - 8 and len(name) > 4:
                name = name[:-2].rstrip() + "…"
            axes.annotate(
                name,
                (0, at + ROW / 2),
                xycoords=("axes fraction", "data"),
                xytext=(-6, 0),
                ha="right",
                textcoords="offset points",
                va="center",
                size=SMALL,
                color=theme.muted,
                annotation_clip=False,
                gid=f"name-{source}-{line.code}",
            )
            for cell, status in line.cells.items():
                if cell in places:
                    _cell(axes, places[cell], at, status, f"{source}-{line.code}-{cell[0]}Q{cell[1]}", theme)
            at += ROW
    _legend(axes, words, theme)


def _cell(axes: Axes, x: float, y: float, status: str, gid: str, theme: Theme) -> None:
    from matplotlib.patches import Rectangle

    blue, orange, grey = (theme.hues[h].mark for h in ("blue", "vermilion", "grey"))
    looks: dict[str, dict[str, Any]] = {
        "held": {"facecolor": blue, "edgecolor": "none"},
        "partial": {"facecolor": tint(blue, theme.paper, 0.4), "edgecolor": blue, "hatch": "/////"},
        "filed_empty": {"facecolor": "none", "edgecolor": blue},
        "missing": {"facecolor": orange, "edgecolor": "none"},
        "not_found": {"facecolor": tint(grey, theme.paper, 0.15), "edgecolor": grey, "hatch": "xxxxx"},
    }
    axes.add_patch(
        Rectangle(
            (x + 0.08, y + 1.5),
            0.84,
            ROW - 3,
            linewidth=0.7,
            zorder=3,
            gid=f"{status}-{gid}",
            **looks[status],
        )
    )


def _legend(axes: Axes, words: Words, theme: Theme) -> None:
    """The five looks with their text, in a line above the grid."""
    from matplotlib.patches import Rectangle

    figure = axes.figure
    box = axes.get_position()
    wide = axes.get_xlim()[1] / (box.width * PAGE_WIDTH)
    x = 0.0
    for status in RANK:
        text = words.of(STATUS[status])
        before = len(axes.patches)
        _cell(axes, 0, -31.0, status, "legend", theme)
        patch = axes.patches[before]
        if isinstance(patch, Rectangle):
            patch.set_x(x * wide)
            patch.set_width(11 * wide)
            patch.set_clip_on(False)
            patch.set_gid(f"legend-{status}")
        axes.annotate(
            text,
            (x * wide, -31.0 + ROW / 2),
            xytext=(15, 0),
            textcoords="offset points",
            va="center",
            size=SMALL,
            color=theme.ink,
            annotation_clip=False,
            gid=f"legend-{status}-words",
        )
        x += text_width(text, SMALL) + 32
    del figure
