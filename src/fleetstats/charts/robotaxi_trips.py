"""Robotaxi trips in California by month beside Apollo Go's orders by quarter: two scopes, two panels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from fleetstats.charts.axes import amounts, panel_title, x_of, years
from fleetstats.charts.frames import Row, name_of, rows_of
from fleetstats.charts.labels import Label, draw_labels, room_for, shortened
from fleetstats.charts.numbers import change_bound, quantity, signed
from fleetstats.charts.page import nothing, page, side_by_side, source_notes
from fleetstats.charts.style import (
    LABEL,
    LIGHT,
    SMALL,
    Hue,
    Language,
    Provenance,
    Theme,
    applied,
    hues_for,
    tint,
)
from fleetstats.core.periods import quarter_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT: dict[Language, str] = {
    "en": "Robotaxi trips in California and Apollo Go's orders",
    "zh": "加州Robotaxi订单与萝卜快跑订单",
}

QUERY = """
select
    t.cadence, t.operator, o.name_en as operator_en, o.name_zh as operator_zh,
    t.scope, s.title_en as scope_en, s.title_zh as scope_zh,
    t.period_start, t.orders, t.bound, t.confidence
from (
    select 'month' as cadence, operator, scope, month as period_start, orders, bound, confidence
    from orders_monthly
    where scope in ('cpuc_driverless', 'cpuc_unspecified')
    union all
    select 'quarter' as cadence, operator, scope, quarter_start as period_start, orders, bound, confidence
    from orders_quarterly
    where scope = 'public_rides'
) as t
left join operator as o on o.operator = t.operator
left join scope as s on s.scope = t.scope
""".strip()

COLUMNS = "cadence operator scope period_start orders bound confidence".split()
ENDS = "period_start"
BRANDS: dict[str, dict[Language, str]] = {"baidu": {"en": "Apollo Go", "zh": "萝卜快跑"}}
"""The name under which riders know a firm's robotaxis."""
SOFT = ("unsourced", "derived")
"""Confidences whose bars are outlined: no page prints the figure."""


def draw(frame: pd.DataFrame, *, language: Language, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per operator, scope and month or quarter."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return nothing(ABOUT[language], language, provenance, theme)
        months, quarters = (_of(rows, cadence) for cadence in ("month", "quarter"))
        hues = hues_for(sorted({r["operator"] for r in rows}), theme)
        groups = [(own, length) for own, length in ((months, 30), (quarters, 91)) if own]
        labels = [shortened(_labels(own, hues, language)) for own, _ in groups]
        headline, deck = finding(rows, language)
        figure, axes = page(
            headline,
            deck,
            _subtitle(language),
            [*_notes(rows, language), *source_notes(provenance, language)],
            theme=theme,
            headroom=30.0,
        )
        places = side_by_side(
            figure, axes, [1.0] * len(groups), [room_for(one) for one in labels], theme=theme
        )
        for place, (own, length), label in zip(places, groups, labels, strict=True):
            panel_title(place, _title(own, language), theme)
            _draw_panel(place, own, length, hues, language, theme)
            draw_labels(place, label)
        return figure


def describe(frame: pd.DataFrame, language: Language) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    headline, deck = finding(rows, language)
    zh = language == "zh"
    said = []
    for cadence in ("month", "quarter"):
        for operator in sorted({r["operator"] for r in _of(rows, cadence)}):
            mine = [r for r in _of(rows, cadence) if r["operator"] == operator]
            first, last = mine[0], mine[-1]
            a, b = (_amount(r, language) for r in (first, last))
            name = _name(first, language)
            said.append(
                f"{name}{_when(first, 'zh')}为{a}单，{_when(last, 'zh')}为{b}单"
                if zh
                else f"{name} {a} in {_when(first, 'en')}, {b} in {_when(last, 'en')}"
            )
    if zh:
        return f"柱状图，{ABOUT['zh']}。{headline}。{deck}。" + "；".join(said) + "。"
    return f"Bar charts. {ABOUT['en']}. {headline}. {deck}. " + "; ".join(said) + "."


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = [r for r in rows_of(frame, COLUMNS, "robotaxi-trips") if r["orders"] is not None]
    return sorted(rows, key=lambda r: (r["period_start"], r["operator"], r["scope"]))


def _of(rows: Sequence[Row], cadence: str) -> list[Row]:
    return [r for r in rows if r["cadence"] == cadence]


def _name(row: Row, language: Language) -> str:
    brand = BRANDS.get(row["operator"])
    return brand[language] if brand and row["scope"] == "public_rides" else name_of(row, "operator", language)


def _when(row: Row, language: Language) -> str:
    d: date = row["period_start"]
    if row["cadence"] == "quarter":
        return f"{d.year}年第{(d.month + 2) // 3}季度" if language == "zh" else quarter_of(d)
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    return f"{d.year}年{d.month}月" if language == "zh" else f"{months[d.month - 1]} {d.year}"


def _amount(row: Row, language: Language) -> str:
    least, about = row["bound"] == "at_least", row["bound"] in ("approximate", "between")
    text = quantity(row["orders"], language, rounding="down" if least else "nearest")
    sign = "≥" if least else "≈" if about else ""
    return f"{sign}{text}" if language == "zh" or not sign else f"{sign} {text}"


def finding(rows: Sequence[Row], language: Language) -> tuple[str, str]:
    """The latest month and the latest quarter, each with the change on the year."""
    zh = language == "zh"
    said: list[str] = []
    more: list[str] = []
    for cadence, leader in (("month", "waymo"), ("quarter", "baidu")):
        own = _of(rows, cadence)
        mine = [r for r in own if r["operator"] == leader] or own
        if not mine:
            continue
        last = mine[-1]
        before = [
            r
            for r in mine
            if r["period_start"] == date(last["period_start"].year - 1, last["period_start"].month, 1)
            and r["operator"] == last["operator"]
        ]
        name, amount, when = _name(last, language), _amount(last, language), _when(last, language)
        where = ("加州" if zh else " in California") if cadence == "month" else ""
        verb = "carried" if not said else ""
        said.append(
            f"{name}{where}{when}{amount}单"
            if zh
            else f"{name} {verb} {amount} trips{where} in {when}".replace("  ", " ")
        )
        words = []
        if before and before[0]["orders"]:
            change = 100 * (last["orders"] / before[0]["orders"] - 1)
            firm = change_bound(last["bound"], before[0]["bound"])
            if before[0]["scope"] != last["scope"]:
                words.append(
                    "一年前口径不同，不作同比" if zh else "another scope a year before, so no change is given"
                )
            elif firm:
                said_ = signed(change, firm)
                words.append(f"同比{said_}" if zh else f"{said_} on the year")
        if last["confidence"] == "unsourced":
            words.append("未找到刊登该数的页面" if zh else "no page found that prints the figure")
        if words:
            more.append(f"{name}{'，'.join(words)}" if zh else f"{name}: {', '.join(words)}")
    return ("；" if zh else "; ").join(said), ("；" if zh else "; ").join(more)


def _title(own: Sequence[Row], language: Language) -> str:
    names = list(dict.fromkeys(_name(r, language) for r in own))
    month = own[0]["cadence"] == "month"
    if language == "zh":
        return f"{'、'.join(names)}：{'按月，加州' if month else '按季度'}"
    return f"{', '.join(names)}: {'by month, California' if month else 'by quarter'}"


def _subtitle(language: Language) -> str:
    if language == "zh":
        return "完成的订单（次）；左为按月、右为按季度，口径与纵轴均不同"
    return "Trips or orders served; months on the left, quarters on the right: other scopes and other scales"


def _notes(rows: Sequence[Row], language: Language) -> list[str]:
    zh = language == "zh"
    names = {
        c: list(dict.fromkeys(name_of(r, "scope", language) for r in _of(rows, c)))
        for c in ("month", "quarter")
    }
    soft = [r for r in rows if r["confidence"] in SOFT]
    least = [r for r in rows if r["bound"] == "at_least"]
    breaks = _breaks(_of(rows, "month"))
    said = []
    if soft:
        list_ = "、" if zh else ", "
        said.append(
            f"描边：没有找到刊登该数的页面，或由其他数推算（{list_.join(_when(r, 'zh') for r in soft)}）。"
            if zh
            else "Outlined: no page was found that prints the figure, or it is derived "
            f"({list_.join(_when(r, 'en') for r in soft)})."
        )
    if least:
        said.append("箭头：公布为“超过”，是下限。" if zh else 'Arrow: published as "over", a lower bound.')
    if breaks:
        said.append(
            "竖线：Waymo的申报项目改变，前后口径不同，其间两个月缺。"
            if zh
            else "Vertical line: Waymo's programme changes, so the scopes before and after differ; the "
            "months between are missing."
        )
    scopes = [s for own in names.values() for s in own]
    return [
        *([("读法：" if zh else "How to read: ") + ("" if zh else " ").join(said)] if said else []),
        (
            f"统计口径：{'；'.join(scopes)}。从不相加，也不宜直接比较：加州为CPUC申报（第三方转录），萝卜快跑为公司公布的全国数。"
            if zh
            else f"Scopes: {'; '.join(scopes)}. Never added, and not directly comparable: California is "
            "filed with the CPUC (a third party's transcription), Apollo Go is what the company "
            "says of all its cities."
        ),
    ]


def _breaks(months: Sequence[Row]) -> list[date]:
    """Where an operator's scope changes from one month held to the next."""
    found = []
    for operator in {r["operator"] for r in months}:
        mine = [r for r in months if r["operator"] == operator]
        found += [b["period_start"] for a, b in pairwise(mine) if a["scope"] != b["scope"]]
    return sorted(found)


def _labels(own: Sequence[Row], hues: dict[str, Hue], language: Language) -> list[Label]:
    found: list[Label] = []
    for operator in dict.fromkeys(r["operator"] for r in own):
        last = [r for r in own if r["operator"] == operator][-1]
        days = 15 if last["cadence"] == "month" else 46
        value = f"{_amount(last, language)}"
        newest = max(r["period_start"] for r in own)
        if last["period_start"] != newest:
            value += f"（{_when(last, 'zh')}）" if language == "zh" else f" ({_when(last, 'en')})"
        found.append(
            Label(
                last["orders"],
                _name(last, language),
                value,
                hues[operator],
                LABEL if len(found) == 0 else SMALL,
                f"label-{operator}",
                x_of(last["period_start"]) + days,
            )
        )
    return found


def _draw_panel(
    axes: Axes, own: Sequence[Row], length: int, hues: dict[str, Hue], language: Language, theme: Theme
) -> None:
    highest = max(r["orders"] for r in own)
    amounts(axes, highest, language, room=1.12)
    first, last = own[0]["period_start"], max(r["period_start"] for r in own) + timedelta(days=length)
    years(axes, first, last, before=8, after=4)
    operators = list(dict.fromkeys(r["operator"] for r in own))
    held = {(r["period_start"], r["operator"]) for r in own if r["orders"]}
    held |= {
        (r["period_start"], r["operator"]) for r in own if not any(d == r["period_start"] for d, _ in held)
    }
    for row in own:
        if (row["period_start"], row["operator"]) not in held:
            continue  # a zero beside a bar has nothing to draw
        hue = hues[row["operator"]]
        here = [o for o in operators if (row["period_start"], o) in held]
        at = here.index(row["operator"])
        width = length * 0.84 / len(here)
        x = x_of(row["period_start"]) + length * 0.08 + width * (at + 0.5)
        soft = row["confidence"] in SOFT
        gid = f"{row['operator']}-{row['period_start'].isoformat()}"
        axes.bar(
            [x],
            [row["orders"]],
            width=width,
            linewidth=0.8 if soft else 0.0,
            edgecolor=hue.mark,
            color=[tint(hue.mark, theme.paper, 0.3) if soft else hue.mark],
            zorder=2,
            gid=gid,
        )
        if row["bound"] == "at_least":
            axes.annotate(
                "",
                (x, row["orders"]),
                xytext=(0, 10),
                textcoords="offset points",
                annotation_clip=False,
                zorder=3,
                arrowprops={
                    "arrowstyle": "<|-",
                    "color": hue.mark,
                    "linewidth": 1.1,
                    "shrinkA": 1,
                    "shrinkB": 0,
                    "mutation_scale": 7,
                },
                gid=f"{gid}-arrow",
            )
    if own[0]["cadence"] == "month":
        for start in _breaks(own):
            axes.plot(
                [x_of(start)] * 2,
                [0, 1],
                transform=axes.get_xaxis_transform(),
                color=theme.muted,
                linewidth=0.7,
                zorder=1.5,
                gid=f"break-{start.isoformat()}",
            )
            left, right = axes.get_xlim()
            beside = x_of(start) - left > (right - left) / 2
            axes.annotate(
                "申报项目改变" if language == "zh" else "programme changes",
                (x_of(start), 1),
                xycoords=axes.get_xaxis_transform(),
                xytext=(-4 if beside else 4, 0),
                textcoords="offset points",
                ha="right" if beside else "left",
                va="top",
                size=SMALL,
                color=theme.muted,
                gid=f"break-words-{start.isoformat()}",
                bbox={"facecolor": theme.paper, "edgecolor": "none", "pad": 1.0},
            )
