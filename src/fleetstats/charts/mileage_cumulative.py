"""Test kilometres in California since the first month held, operator by operator, each programme apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from fleetstats.charts.axes import amounts, panel_title, x_of, years
from fleetstats.charts.california import TOP, by_scope, km, others, scope_note
from fleetstats.charts.frames import Row, name_of, rows_of
from fleetstats.charts.labels import Label, draw_labels, height_of, room_for, shortened
from fleetstats.charts.page import alt_text, empty_picture, page, side_by_side, source_notes
from fleetstats.charts.style import (
    LABEL,
    LIGHT,
    PLOT_HEIGHT,
    SMALL,
    Hue,
    Provenance,
    Theme,
    applied,
    hues_for,
)
from fleetstats.core.periods import month_end, quarter_of
from fleetstats.core.words import Words, message

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT = message("Test kilometres in California, cumulative")

QUERY = """
select
    m.operator, o.name_en as operator_en, o.name_zh as operator_zh,
    m.scope, s.title_en as scope_en, s.title_zh as scope_zh,
    m.month, m.distance_km_cumulative, m.since, m.months_missing, m.bound
from mileage_cumulative as m
left join operator as o on o.operator = m.operator
left join scope as s on s.scope = m.scope
""".strip()

COLUMNS = "operator scope month distance_km_cumulative since months_missing bound".split()
ENDS = "month"


@dataclass(frozen=True)
class Line:
    """An operator's total at the end of each quarter that it has, in order."""

    operator: str
    rows: tuple[Row, ...]

    @property
    def last(self) -> Row:
        """The latest row."""
        return self.rows[-1]

    @property
    def total(self) -> float:
        """Its kilometres."""
        return float(self.last["distance_km_cumulative"])


def lines_of(rows: Sequence[Row]) -> dict[str, list[Line]]:
    """The lines of each scope, the longest distance first."""
    found = {}
    for scope, own in by_scope(rows).items():
        lines = []
        for operator in sorted({str(r["operator"]) for r in own}):
            mine = sorted((r for r in own if r["operator"] == operator), key=lambda r: r["month"])
            last_of_quarter = {quarter_of(r["month"]): r for r in mine}
            lines.append(Line(operator, tuple(last_of_quarter.values())))
        found[scope] = sorted(lines, key=lambda line: (-line.total, line.operator))
    return found


def draw(frame: pd.DataFrame, *, words: Words, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per operator, scope and month, cumulative km."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return empty_picture(ABOUT, words, provenance, theme)
        scopes = lines_of(rows)
        named = list(dict.fromkeys(line.operator for lines in scopes.values() for line in lines[:TOP]))
        hues = hues_for(named, theme)
        labels = {scope: shortened(_labels(lines, hues, theme, words)) for scope, lines in scopes.items()}
        headline, deck = finding(scopes, words)
        rights = [room_for(one) for one in labels.values()]
        figure, axes = page(
            headline,
            deck,
            _subtitle(rows, words),
            [_note(scopes, words), scope_note(rows, words), *source_notes(provenance, words)],
            theme=theme,
            headroom=30.0,
            plot=max(PLOT_HEIGHT, *(height_of(one) for one in labels.values())),
        )
        spans = [_span(lines) for lines in scopes.values()]
        weights = [max((end - start).days, 365) for start, end in spans]
        panels = side_by_side(figure, axes, _tempered(weights), rights, theme=theme)
        for panel, (scope, lines), span in zip(panels, scopes.items(), spans, strict=True):
            panel_title(panel, name_of(lines[0].last, "scope", words), theme)
            _draw_panel(panel, lines, hues, span, words, theme)
            draw_labels(panel, labels[scope])
        return figure


def describe(frame: pd.DataFrame, words: Words) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    scopes = lines_of(rows)
    said = []
    for lines in scopes.values():
        totals = [
            words.say(
                "{operator} {distance}",
                operator=name_of(line.last, "operator", words),
                distance=km(line.total, line.last["bound"], words),
            )
            for line in lines[:TOP]
        ]
        said.append(
            words.say(
                "{scope}: {totals}",
                scope=name_of(lines[0].last, "scope", words),
                totals=words.habits.items(totals),
            )
        )
    return alt_text(words, words.say("Line chart"), ABOUT, finding(scopes, words), said)


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = rows_of(frame, COLUMNS, "mileage-cumulative")
    return [r for r in rows if r["distance_km_cumulative"] is not None]


def finding(scopes: dict[str, list[Line]], words: Words) -> tuple[str, str]:
    """Whose share is the largest, and how much that is."""
    scope, lines = next(iter(scopes.items()))
    first, all_km = lines[0], sum(line.total for line in lines)
    name = name_of(first.last, "operator", words)
    until = max(line.last["month"] for line in lines)
    end = month_end(until.year, until.month)
    share = 100 * first.total / all_km if all_km else 0
    driver = scope.endswith("with_driver")
    tops = []
    for own in scopes.values():
        best = own[0]
        facts = {
            "operator": name_of(best.last, "operator", words),
            "distance": km(best.total, best.last["bound"], words),
        }
        if own is lines:
            tops.append(words.say("{operator} had driven {distance}", **facts))
        else:
            tops.append(words.say("without a driver, {operator} leads with {distance}", **facts))
    deck = words.say(
        "By {day}, {totals}", day=words.habits.day_named(end), totals=words.habits.semicolon.join(tops)
    )
    if len(lines) == 1 or not all_km:
        distance = km(first.total, first.last["bound"], words)
        return words.say(
            "{operator} has tested over {distance} in California", operator=name, distance=distance
        ), deck
    percent = f"{share:.0f}%"
    if driver:
        return words.say(
            "{operator} drove {share} of California's test kilometres with a driver",
            operator=name,
            share=percent,
        ), deck
    # may leave out: scope
    return words.say(
        "{operator} drove {share} of California's test kilometres ({scope})",
        operator=name,
        share=percent,
        scope=name_of(first.last, "scope", words),
    ), deck


def _subtitle(rows: Sequence[Row], words: Words) -> str:
    since = min(r["since"] for r in rows)
    return words.say(
        "Cumulative test distance in km at each quarter's end, counted from {month} or an operator's first month; "
        "the panels have different scales",
        month=words.habits.month_named(since),
    )


def _note(scopes: dict[str, list[Line]], words: Words) -> str:
    said = [
        words.say(
            "How to read: a point is a quarter's end (the last one the last month held); grey lines are other firms."
        )
    ]
    if any(x.last["bound"] == "at_least" for lines in scopes.values() for x in lines[:TOP]):
        said.append(words.say("≥: months in between are missing, so it is a lower bound."))
    said.append(
        words.say(
            "The share is of the filings held: those of the first-time filers of 2018 to 2020 were not found."
        )
    )
    return words.habits.sentence_gap.join(said)


def _labels(lines: Sequence[Line], hues: dict[str, Hue], theme: Theme, words: Words) -> list[Label]:
    found = [
        Label(
            line.total,
            name_of(line.last, "operator", words),
            km(line.total, line.last["bound"], words),
            hues[line.operator],
            LABEL if index < 2 else SMALL,
            f"label-{line.operator}",
            x_of(_end(line.last)),
        )
        for index, line in enumerate(lines[:TOP])
    ]
    rest = lines[TOP:]
    if rest:
        most = words.habits.quantity(rest[0].total, rounding="up")
        value = words.say("up to {amount} km each", amount=most)
        found.append(Label(0.0, others(len(rest), words), value, theme.hues["grey"], SMALL, "label-others"))
    return found


def _end(row: Row) -> date:
    return month_end(row["month"].year, row["month"].month)


def _span(lines: Sequence[Line]) -> tuple[date, date]:
    starts = min(line.rows[0]["month"] for line in lines)
    return starts, max(_end(line.last) for line in lines)


def _tempered(weights: Sequence[int]) -> list[float]:
    """Widths between equal ones and those of one time scale."""
    most = max(weights)
    return [max(weight, most * 0.6) for weight in weights]


def _draw_panel(
    axes: Axes,
    lines: Sequence[Line],
    hues: dict[str, Hue],
    span: tuple[date, date],
    words: Words,
    theme: Theme,
) -> None:
    amounts(axes, lines[0].total, words)
    years(axes, *span, before=20, after=12)
    for line in reversed(lines):
        known = line in lines[:TOP]
        hue = hues[line.operator] if known else theme.hues["grey"]
        x = [x_of(_end(r)) for r in line.rows]
        y = [float(r["distance_km_cumulative"]) for r in line.rows]
        axes.plot(
            x,
            y,
            color=hue.mark,
            linewidth=2.0 if known else 0.8,
            alpha=1.0 if known else 0.5,
            clip_on=False,
            zorder=3 if known else 2,
            gid=f"{line.operator}-line",
        )
        if known:
            axes.plot(
                x[-1:],
                y[-1:],
                marker="o",
                markersize=5,
                color=hue.mark,
                clip_on=False,
                zorder=4,
                markerfacecolor=theme.paper if line.last["bound"] == "at_least" else hue.mark,
                gid=f"{line.operator}-end",
            )
