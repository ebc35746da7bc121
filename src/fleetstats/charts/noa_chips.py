"""Who supplied the chips of cars with navigation on autopilot in China; what is not known stays unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleetstats.charts.frames import Row, name_of, rows_of
from fleetstats.charts.numbers import listed
from fleetstats.charts.page import nothing, page, source_notes
from fleetstats.charts.style import (
    LABEL,
    LIGHT,
    SMALL,
    Hue,
    Language,
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

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT: dict[Language, str] = {
    "en": "Chips of cars with navigation on autopilot (NOA) in China",
    "zh": "中国前装领航辅助驾驶（NOA）芯片份额",
}

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


def draw(frame: pd.DataFrame, *, language: Language, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per vendor, segment and period, percent."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return nothing(ABOUT[language], language, provenance, theme)
        bars = bars_of(rows)
        headline, deck = finding(bars, language)
        figure, axes = page(
            headline,
            deck,
            "装机份额（%）" if language == "zh" else "Share of cars with the function, in percent",
            [*_notes(bars, language), *source_notes(provenance, language)],
            theme=theme,
            plot=max(120.0, ROW * len(bars) + 34.0),
        )
        _draw(axes, bars, language, theme)
        return figure


def describe(frame: pd.DataFrame, language: Language) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    bars = bars_of(rows)
    headline, deck = finding(bars, language)
    zh = language == "zh"
    said = [
        _segment(s, language)
        + ("：" if zh else ": ")
        + ("、" if zh else ", ").join(
            f"{name_of(r, 'vendor', language)} {_percent(r, language)}" for r in own
        )
        for s, own in bars
    ]
    if zh:
        return f"条形图，{ABOUT['zh']}。{headline}。{deck}。" + "；".join(said) + "。"
    return f"Bar chart. {ABOUT['en']}. {headline}. {deck}. " + "; ".join(said) + "."


def _rows(frame: pd.DataFrame) -> list[Row]:
    return [r for r in rows_of(frame, COLUMNS, "noa-chips") if r["value"] is not None]


def _segment(code: str, language: Language) -> str:
    """The publisher's own words, in the reader's language where they are known."""
    if language == "zh":
        return code.replace("excl. Tesla FSD", "不含特斯拉FSD").replace(" (", "（").replace(")", "）")
    return (
        code.replace("前装NOA", "Factory-fitted NOA")
        .replace("城区NOA", "Urban NOA")
        .replace("excl.", "without")
    )


def _percent(row: Row, language: Language) -> str:
    text = f"{row['value']:g}%"
    if row["bound"] == "at_least":
        return f"至少{text}" if language == "zh" else f"at least {text}"
    return text


def _period(row: Row, language: Language) -> str:
    period = str(row["period"])
    if len(period) == 6 and period[4] == "H":
        half = period[5] == "1"
        if language == "zh":
            return f"{period[:4]}年{'上' if half else '下'}半年"
        return f"{'first' if half else 'second'} half of {period[:4]}"
    return f"{period}年" if language == "zh" and period.isdigit() else period


def finding(bars: Sequence[tuple[str, list[Row]]], language: Language) -> tuple[str, str]:
    """The vendors that are known, and what is not."""
    _, own = bars[0]
    known = [
        r for r in own if r["bound"] != "derived" and "_" not in r["vendor"].replace("horizon_robotics", "")
    ]
    unknown = [r for r in own if r["bound"] == "derived"]
    zh = language == "zh"
    names = [
        f"{name_of(r, 'vendor', language)}{'占' if zh else ' '}{_percent(r, language)}" for r in known[:3]
    ]
    when = _period(own[0], language)
    head = f"{when}NOA芯片：{'，'.join(names)}" if zh else f"NOA chips in China: {listed(names, 'en')}"
    parts = []
    for r in unknown:
        name = name_of(r, "vendor", language)
        parts.append(
            f"{name}合计{r['value']:g}%，各占多少未知"
            if zh
            else f"{name} have {r['value']:g}% together; how it splits is not known"
        )
    if not zh:
        parts.insert(0, f"{when[0].upper()}{when[1:]}")
    return head, ("；" if zh else ". ").join(parts)


def _notes(bars: Sequence[tuple[str, list[Row]]], language: Language) -> list[str]:
    every = [r for _, own in bars for r in own]
    zh = language == "zh"
    said = []
    if any(r["bound"] == "derived" for r in every):
        said.append(
            "斜纹：由100%减去已知份额推算，内部如何分配未知"
            if zh
            else "hatched: derived as what is left of 100 %, and the split within it is not known"
        )
    if any(r["bound"] == "at_least" for r in every):
        said.append("箭头：“超过”，为下限" if zh else 'arrow: "over", a lower bound')
    segments = [_segment(s, language) for s, _ in bars]
    return [
        *(
            [("读法：" + "；".join(said) + "。") if zh else "How to read: " + "; ".join(said) + "."]
            if said
            else []
        ),
        ("统计口径：" + "；".join(segments) + "。各细分市场基数不同，份额不可比较或相加。")
        if zh
        else "Segments: "
        + "; ".join(segments)
        + ". They have different bases; shares of different segments are not compared or added.",
    ]


def _draw(axes: Axes, bars: Sequence[tuple[str, list[Row]]], language: Language, theme: Theme) -> None:
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
            _segment(segment, language),
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
            _draw_part(axes, row, reached, index, per=per, hues=hues, language=language, theme=theme)
            reached += row["value"]


def _draw_part(
    axes: Axes,
    row: Row,
    left: float,
    index: int,
    *,
    per: float,
    hues: dict[str, Hue],
    language: Language,
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
    name, value = name_of(row, "vendor", language), _percent(row, language)
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
