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
from fleetstats.charts.numbers import day, quantity
from fleetstats.charts.page import nothing, page, side_by_side, source_notes
from fleetstats.charts.style import (
    LABEL,
    LIGHT,
    PLOT_HEIGHT,
    SMALL,
    Hue,
    Language,
    Provenance,
    Theme,
    applied,
    hues_for,
)
from fleetstats.core.periods import month_end, quarter_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT: dict[Language, str] = {
    "en": "Test kilometres in California, cumulative",
    "zh": "加州自动驾驶测试累计里程",
}

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


def draw(frame: pd.DataFrame, *, language: Language, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per operator, scope and month, cumulative km."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return nothing(ABOUT[language], language, provenance, theme)
        scopes = lines_of(rows)
        named = list(dict.fromkeys(line.operator for lines in scopes.values() for line in lines[:TOP]))
        hues = hues_for(named, theme)
        labels = {scope: shortened(_labels(lines, hues, theme, language)) for scope, lines in scopes.items()}
        headline, deck = finding(scopes, language)
        rights = [room_for(one) for one in labels.values()]
        figure, axes = page(
            headline,
            deck,
            _subtitle(rows, language),
            [_note(scopes, language), scope_note(rows, language), *source_notes(provenance, language)],
            theme=theme,
            headroom=30.0,
            plot=max(PLOT_HEIGHT, *(height_of(one) for one in labels.values())),
        )
        spans = [_span(lines) for lines in scopes.values()]
        weights = [max((end - start).days, 365) for start, end in spans]
        panels = side_by_side(figure, axes, _tempered(weights), rights, theme=theme)
        for panel, (scope, lines), span in zip(panels, scopes.items(), spans, strict=True):
            panel_title(panel, name_of(lines[0].last, "scope", language), theme)
            _draw_panel(panel, lines, hues, span, language, theme)
            draw_labels(panel, labels[scope])
        return figure


def describe(frame: pd.DataFrame, language: Language) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    scopes = lines_of(rows)
    headline, deck = finding(scopes, language)
    said = []
    for lines in scopes.values():
        names = [
            f"{name_of(x.last, 'operator', language)} {km(x.total, x.last['bound'], language)}"
            for x in lines[:TOP]
        ]
        comma, colon = ("、", "：") if language == "zh" else (", ", ": ")
        said.append(name_of(lines[0].last, "scope", language) + colon + comma.join(names))
    if language == "zh":
        return f"折线图，{ABOUT['zh']}。{headline}。{deck}。" + "；".join(said) + "。"
    return f"Line chart. {ABOUT['en']}. {headline}. {deck}. " + "; ".join(said) + "."


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = rows_of(frame, COLUMNS, "mileage-cumulative")
    return [r for r in rows if r["distance_km_cumulative"] is not None]


def finding(scopes: dict[str, list[Line]], language: Language) -> tuple[str, str]:
    """Whose share is the largest, and how much that is."""
    scope, lines = next(iter(scopes.items()))
    first, all_km = lines[0], sum(line.total for line in lines)
    name, where = name_of(first.last, "operator", language), name_of(first.last, "scope", language)
    until = max(line.last["month"] for line in lines)
    end = month_end(until.year, until.month)
    share = 100 * first.total / all_km if all_km else 0
    driver = scope.endswith("with_driver")
    tops = []
    for own in scopes.values():
        best = own[0]
        apart = own is not lines
        n, value = name_of(best.last, "operator", language), km(best.total, best.last["bound"], language)
        if language == "zh":
            tops.append(f"{'无人测试领先的是' if apart else ''}{n}，{value}")
        else:
            tops.append(
                f"{'without a driver, ' if apart else ''}{n} {'leads with' if apart else 'had driven'} {value}"
            )
    if language == "zh":
        deck = f"截至{day(end, 'zh')}，" + "；".join(tops)
        if len(lines) == 1 or not all_km:
            return f"{name}在加州的测试里程：{km(first.total, first.last['bound'], 'zh')}", deck
        return f"{name}的里程占加州{'有人' if driver else '无人'}测试的{share:.0f}%", deck
    deck = f"By {day(end, 'en')}, " + "; ".join(tops)
    if len(lines) == 1 or not all_km:
        return f"{name} has tested over {km(first.total, first.last['bound'], 'en')} in California", deck
    what = "with a driver" if driver else f"({where})"
    return f"{name} drove {share:.0f}% of California's test kilometres {what}", deck


def _subtitle(rows: Sequence[Row], language: Language) -> str:
    since = min(r["since"] for r in rows)
    if language == "zh":
        return f"自{since.year}年{since.month}月（或首次报告之月）起的累计测试里程（公里），按季度末；两图纵轴不同"
    return (
        f"Cumulative test distance in km at each quarter's end, counted from {day(since, 'en')[2:]} or an operator's "
        "first month; the panels have different scales"
    )


def _note(scopes: dict[str, list[Line]], language: Language) -> str:
    least = any(x.last["bound"] == "at_least" for lines in scopes.values() for x in lines[:TOP])
    if language == "zh":
        return (
            "读法：每点为季度末（最后一点为最后一个持有数据的月份）；灰线为其他公司。"
            + ("≥：中间缺月份，为下限。" if least else "")
            + "占比按所持有的申报计算：2018–2020年首次申报者的报告未找到。"
        )
    return (
        "How to read: a point is a quarter's end (the last one the last month held); grey lines are other firms. "
        + ("≥: months in between are missing, so it is a lower bound. " if least else "")
        + "The share is of the filings held: those of the first-time filers of 2018 to 2020 were not found."
    )


def _labels(lines: Sequence[Line], hues: dict[str, Hue], theme: Theme, language: Language) -> list[Label]:
    found = [
        Label(
            line.total,
            name_of(line.last, "operator", language),
            km(line.total, line.last["bound"], language),
            hues[line.operator],
            LABEL if index < 2 else SMALL,
            f"label-{line.operator}",
            x_of(_end(line.last)),
        )
        for index, line in enumerate(lines[:TOP])
    ]
    rest = lines[TOP:]
    if rest:
        words = others(len(rest), language)
        most = quantity(rest[0].total, language, rounding="up")
        value = f"各不超过{most}公里" if language == "zh" else f"up to {most} km each"
        found.append(Label(0.0, words, value, theme.hues["grey"], SMALL, "label-others"))
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
    language: Language,
    theme: Theme,
) -> None:
    amounts(axes, lines[0].total, language)
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
