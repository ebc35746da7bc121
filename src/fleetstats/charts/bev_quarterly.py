"""Battery-electric cars of Tesla and BYD, quarter by quarter: who was ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fleetstats.charts.axes import amounts, x_of, years
from fleetstats.charts.frames import Row, name_of, rows_of
from fleetstats.charts.labels import Label, draw_labels, height_of, room_for
from fleetstats.charts.numbers import listed, quantity
from fleetstats.charts.page import nothing, page, source_notes
from fleetstats.charts.style import (
    LABEL,
    LIGHT,
    PLOT_HEIGHT,
    Hue,
    Language,
    Provenance,
    Theme,
    applied,
    hues_for,
)
from fleetstats.core.periods import quarter_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT: dict[Language, str] = {
    "en": "Battery-electric cars of Tesla and BYD by quarter",
    "zh": "特斯拉与比亚迪纯电动汽车季度销量",
}

QUERY = """
select
    b.company, o.name_en as company_en, o.name_zh as company_zh,
    b.measure, b.segment, b.period, b.quarter_start, b.value, b.unit, b.status, b.bound, b.confidence
from bev_quarterly as b
left join operator as o on o.operator = b.company
""".strip()

COLUMNS = "company measure period quarter_start value bound confidence".split()
ENDS = "quarter_start"

MEASURES: dict[str, dict[Language, str]] = {
    "total_deliveries": {"en": "all deliveries", "zh": "全部交付量"},
    "bev_passenger_sales": {"en": "battery-electric passenger cars", "zh": "纯电动乘用车销量"},
}


def draw(frame: pd.DataFrame, *, language: Language, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per company and quarter, cars."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return nothing(ABOUT[language], language, provenance, theme)
        companies = list(dict.fromkeys(r["company"] for r in rows))
        hues = hues_for(companies, theme)
        lasts = [[r for r in rows if r["company"] == c][-1] for c in companies]
        labels = [
            Label(
                r["value"],
                name_of(r, "company", language),
                _cars(r, language),
                hues[r["company"]],
                LABEL,
                f"label-{r['company']}",
                _x(r["quarter_start"]),
            )
            for r in lasts
        ]
        headline, deck = finding(rows, language)
        figure, axes = page(
            headline,
            deck,
            "每季度销量（辆）" if language == "zh" else "Cars in each calendar quarter",
            [*_notes(rows, language), *source_notes(provenance, language)],
            theme=theme,
            right=room_for(labels),
            plot=max(PLOT_HEIGHT, height_of(labels)),
        )
        _draw(axes, rows, companies, hues, language, theme)
        draw_labels(axes, labels)
        return figure


def describe(frame: pd.DataFrame, language: Language) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    headline, deck = finding(rows, language)
    zh = language == "zh"
    said = []
    for company in dict.fromkeys(r["company"] for r in rows):
        mine = [r for r in rows if r["company"] == company]
        name = name_of(mine[0], "company", language)
        a, b = mine[0], mine[-1]
        said.append(
            f"{name}从{a['period']}的{_cars(a, 'zh')}到{b['period']}的{_cars(b, 'zh')}"
            if zh
            else f"{name} from {_cars(a, 'en')} in {a['period']} to {_cars(b, 'en')} in {b['period']}"
        )
    if zh:
        return f"折线图，{ABOUT['zh']}。{headline}。{deck}。" + "；".join(said) + "。"
    return f"Line chart. {ABOUT['en']}. {headline}. {deck}. " + "; ".join(said) + "."


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = [r for r in rows_of(frame, COLUMNS, "bev-quarterly") if r["value"] is not None]
    return sorted(rows, key=lambda r: (r["quarter_start"], r["company"]))


def _x(start: date) -> float:
    return x_of(start) + 45


def _cars(row: Row, language: Language) -> str:
    return quantity(row["value"], language) + ("辆" if language == "zh" else "")


def finding(rows: Sequence[Row], language: Language) -> tuple[str, str]:
    """Who was ahead in the last quarter that both have, by how much, and since when."""
    zh = language == "zh"
    both: dict[date, dict[str, Row]] = {}
    for r in rows:
        if r["company"] in ("tesla", "byd"):
            both.setdefault(r["quarter_start"], {})[r["company"]] = r
    pairs = {d: p for d, p in sorted(both.items()) if len(p) == 2}
    if not pairs:
        return ABOUT[language], ""
    last = max(pairs)
    pair = pairs[last]
    order = sorted(pair.values(), key=lambda r: -r["value"])
    first, second = order
    names = [name_of(r, "company", language) for r in order]
    when = quarter_of(last)
    gap = first["value"] - second["value"]
    run = 0
    for start in sorted(pairs, reverse=True):
        if max(pairs[start].values(), key=lambda r: r["value"])["company"] != first["company"]:
            break
        run += 1
    gap_words = f"{gap:,.0f}" if language == "en" and gap < 10**6 else quantity(gap, language)
    if zh:
        head = (
            f"{when[:4]}年第{when[-1]}季度{names[0]}纯电动汽车比{names[1]}多{gap_words}辆"
            if gap
            else f"{when}两家持平"
        )
        deck = (
            f"{names[0]}{_cars(first, 'zh')}，{names[1]}{_cars(second, 'zh')}；{names[0]}连续{run}个季度领先"
            if gap
            else ""
        )
        return head, deck
    head = (
        f"{names[0]} ahead of {names[1]} by {gap_words} electric cars in {when}"
        if gap
        else f"A tie in {when}"
    )
    ahead = (
        f"{names[0]} was ahead for {run} quarters in a row"
        if run > 1
        else f"{names[0]} was behind in the quarter before"
    )
    if len(pairs) == 1:
        ahead = "the only quarter that both have"
    return head, f"{names[0]} {_cars(first, 'en')}, {names[1]} {_cars(second, 'en')}; {ahead}" if gap else ""


def _notes(rows: Sequence[Row], language: Language) -> list[str]:
    zh = language == "zh"
    soft = [r for r in rows if r["confidence"] in ("unsourced", "derived")]
    what = []
    for company in dict.fromkeys(r["company"] for r in rows):
        row = next(r for r in rows if r["company"] == company)
        measure = MEASURES.get(
            row["measure"], {"en": row["measure"].replace("_", " "), "zh": row["measure"]}
        )[language]
        what.append(f"{name_of(row, 'company', language)}{'：' if zh else ': '}{measure}")
    notes = [
        "统计口径：" + "；".join(what) + "。两者口径不同：特斯拉为全部交付，比亚迪不含插电混动。"
        if zh
        else "Measures: "
        + "; ".join(what)
        + ". They differ: Tesla's is everything it delivers, BYD's is without plug-in hybrids."
    ]
    if soft:
        by = []
        for company in dict.fromkeys(r["company"] for r in soft):
            mine = [r["period"] for r in soft if r["company"] == company]
            name = name_of(next(r for r in soft if r["company"] == company), "company", language)
            by.append(f"{name}{'：' if zh else ' '}{listed(mine, language)}")
        notes.insert(
            0,
            f"读法：空心点未找到刊登的页面，或由其他数推算（{'；'.join(by)}）。"
            if zh
            else f"How to read: an open point was found on no page, or is derived from others ({'; '.join(by)}).",
        )
    return notes


def _draw(
    axes: Axes,
    rows: Sequence[Row],
    companies: Sequence[str],
    hues: dict[str, Hue],
    language: Language,
    theme: Theme,
) -> None:
    amounts(axes, max(r["value"] for r in rows), language)
    years(axes, rows[0]["quarter_start"], rows[-1]["quarter_start"] + timedelta(days=91), before=4, after=2)
    for company in companies:
        mine, hue = [r for r in rows if r["company"] == company], hues[company]
        runs: list[list[Row]] = []
        for r in mine:
            if runs and (r["quarter_start"] - runs[-1][-1]["quarter_start"]).days < 100:
                runs[-1].append(r)
            else:
                runs.append([r])
        for run in runs:
            axes.plot(
                [_x(r["quarter_start"]) for r in run],
                [r["value"] for r in run],
                color=hue.mark,
                linewidth=2.0,
                clip_on=False,
                zorder=3,
                gid=f"{company}-line-{run[0]['period']}",
            )
        for r in mine:
            soft = r["confidence"] in ("unsourced", "derived")
            axes.plot(
                [_x(r["quarter_start"])],
                [r["value"]],
                marker="o",
                markersize=5,
                color=hue.mark,
                clip_on=False,
                zorder=4,
                markerfacecolor=theme.paper if soft else hue.mark,
                linestyle="none",
                gid=f"{company}-point-{r['period']}",
            )
