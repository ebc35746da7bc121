"""Road-test kilometres of Baidu and Pony.ai in Beijing and of Waymo and Cruise in California.

The 2024 report drew this as one winner and one loser. What was published does not carry that, so the picture
keeps each bound: a line where a figure was printed, a band where only limits are known, and an arrow where
there is no upper limit. Where the scope of a series changes, no figures are joined across the change.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from fleetstats.charts.style import (
    LABEL,
    LEADING,
    LIGHT,
    PAGE_WIDTH,
    PLOT_HEIGHT,
    SMALL,
    Hue,
    Language,
    Provenance,
    Rounding,
    Theme,
    applied,
    day,
    embolden,
    listed,
    no_data,
    page,
    plot_size,
    quantity,
    source_notes,
    spread,
    text_width,
    tick,
    tint,
    wrap,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT: dict[Language, str] = {
    "en": "Road tests in Beijing and in California, cumulative",
    "zh": "北京与加州自动驾驶路测累计里程",
}

QUERY = """
select
    c.fleet, o.name_en as fleet_en, o.name_zh as fleet_zh, c.region,
    c.scope, s.title_en as scope_en, s.title_zh as scope_zh,
    c.convention, c.year, c.through, c.km, c.km_low, c.km_high, c.km_high_bound, c.bound
from beijing_vs_california as c
left join operator as o on o.operator = c.fleet
left join scope as s on s.scope = c.scope
order by c.convention, c.region, c.fleet, c.through, c.scope
""".strip()

COLUMNS = "fleet region scope convention year through km km_low km_high km_high_bound bound".split()

REGIONS: dict[str, dict[Language, str]] = {
    "beijing": {"en": "Beijing", "zh": "北京"},
    "california": {"en": "California", "zh": "加州"},
}
HUES = {"baidu": "blue", "waymo": "vermilion", "cruise": "purple", "pony_ai": "green"}
SPARE_HUES = ("orange", "sky", "grey")
MARKERS = {"exact": "o", "derived": "s"}
OPEN = ("approximate", "between")
"""Bounds whose points are drawn as open circles."""

Verdict = Literal["more", "less", "open", "unknown"]


@dataclass(frozen=True)
class Point:
    """One row of the mart: a cumulative distance in km at the end of `through`."""

    fleet: str
    region: str
    scope: str
    convention: str
    year: int
    through: date
    km: float | None
    low: float | None
    high: float | None
    high_bound: str | None
    bound: str
    names: dict[Language, str]
    scopes: dict[Language, str]

    @property
    def at_least(self) -> float | None:
        """The least it can be, in km."""
        return self.low if self.low is not None else self.km

    @property
    def at_most(self) -> float | None:
        """The most it can be, in km, as far as anyone says."""
        if self.high is not None:
            return self.high
        return None if self.bound == "at_least" else self.km


@dataclass(frozen=True)
class Series:
    """The points of one fleet that may be compared over time, in order.

    `apart` marks driverless testing: a programme of its own that is shown and never added.
    """

    fleet: str
    points: tuple[Point, ...]
    hue: Hue
    apart: bool

    @property
    def last(self) -> Point:
        """The latest point."""
        return self.points[-1]

    def since(self, index: int) -> date:
        """Where the year of a point begins: at the point before, or a year before the first."""
        return self.points[index - 1].through if index else self.points[0].through - timedelta(days=365)

    @property
    def breaks(self) -> list[tuple[Point, Point]]:
        """Neighbouring points whose scopes differ."""
        return [(a, b) for a, b in zip(self.points, self.points[1:], strict=False) if a.scope != b.scope]


@dataclass(frozen=True)
class Label:
    """Words beside the end of a series, at `km` on the axis."""

    km: float
    name: str
    value: str
    hue: Hue
    size: float
    gid: str


def draw(frame: pd.DataFrame, *, language: Language, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: the columns of `COLUMNS`, one row per fleet, scope, convention and year, in km.

    Distances may be decimals or floats; null is not known. `fleet_en`, `fleet_zh`, `scope_en` and `scope_zh`
    are the printed names; without them the codes are printed. Nothing is read or written.
    """
    points = _points(frame)
    with applied(theme):
        if not points:
            why = {"en": "No data in this publication", "zh": "本次发布中没有数据"}[language]
            return no_data(ABOUT[language], why, source_notes(provenance, language), theme=theme)
        drawn = min((p.convention for p in points), key=_exact_first)
        series = _series([p for p in points if p.convention == drawn], theme)
        labels = [label for one in series for label in _labels(one, language)]
        headline, deck = finding(points, language)
        figure, axes = page(
            headline,
            deck,
            _subtitle(series, language),
            [*_notes(points, series, language), *source_notes(provenance, language)],
            theme=theme,
            right=max(text_width(_whole(label, language), label.size) for label in labels) + 30.0,
            plot=max(PLOT_HEIGHT, sum(label.size * 1.45 for label in labels)),
            headroom=34.0 if any(one.breaks for one in series) else 10.0,
        )
        figure.set_label(title(points, language))
        _set_axes(axes, series, language)
        _draw_breaks(axes, series, language, theme)
        for one in series:
            _draw_bands(axes, one, theme)
            _draw_line(axes, one, theme)
        _draw_labels(axes, labels, series, language)
        _draw_remarks(axes, series, language)
        return figure


# Reading the frame


def _points(frame: pd.DataFrame) -> list[Point]:
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise ValueError(f"the frame of beijing-vs-california has no column {', '.join(missing)}")
    records: list[dict[str, object]] = [{str(k): v for k, v in r.items()} for r in frame.to_dict("records")]
    points = [_point(record) for record in records]
    known = (p for p in points if (p.km, p.low, p.high) != (None, None, None))
    return sorted(known, key=lambda p: (p.convention, p.region, p.fleet, p.through, p.scope))


def _point(record: dict[str, object]) -> Point:
    fleet, scope = str(record["fleet"]), str(record["scope"])
    return Point(
        fleet=fleet,
        region=str(record["region"]),
        scope=scope,
        convention=str(record["convention"]),
        year=int(str(record["year"]).removesuffix(".0")),
        through=_date(record["through"]),
        km=_number(record["km"]),
        low=_number(record["km_low"]),
        high=_number(record["km_high"]),
        high_bound=_text(record["km_high_bound"]),
        bound=str(record["bound"]),
        names=_names(record, "fleet", fleet),
        scopes=_names(record, "scope", scope),
    )


def _number(value: object) -> float | None:
    import pandas as pd

    if value is None or value is pd.NA or value is pd.NaT:
        return None
    number = float(str(value))
    return None if math.isnan(number) else number


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _date(value: object) -> date:
    import pandas as pd

    return pd.Timestamp(str(value)).date()


def _names(record: dict[str, object], column: str, code: str) -> dict[Language, str]:
    english = _text(record.get(f"{column}_en")) or code.replace("_", " ")
    return {"en": english, "zh": _text(record.get(f"{column}_zh")) or english}


def _series(points: Sequence[Point], theme: Theme) -> list[Series]:
    """A fleet's rows are one series, except that driverless testing is always one of its own."""
    fleets = list(dict.fromkeys(p.fleet for p in points))
    spare = [fleet for fleet in fleets if fleet not in HUES]
    found = []
    for fleet in fleets:
        hue = HUES.get(fleet) or SPARE_HUES[spare.index(fleet) % len(SPARE_HUES)]
        for apart in (False, True):
            own = tuple(p for p in points if p.fleet == fleet and p.scope.endswith("driverless") == apart)
            if own:
                found.append(Series(fleet, own, theme.hues[hue], apart))
    return found


# What it says


def verdict(points: Sequence[Point]) -> tuple[Verdict, Point | None, Point | None]:
    """Whether Baidu in Beijing drove more than Waymo in California, and the two points compared.

    The latest year that both have is compared, driverless testing aside. The answer has to hold under every
    unit convention, or it is open; without both fleets it is unknown.
    """
    answers = set(_answers(points).values())
    baidu, waymo = _pair(points, min((p.convention for p in points), key=_exact_first))
    if baidu is None or waymo is None or not answers:
        return "unknown", None, None
    return (answers.pop() if len(answers) == 1 else "open"), baidu, waymo


def _exact_first(convention: str) -> tuple[bool, str]:
    return convention != "exact", convention


def _answers(points: Sequence[Point]) -> dict[str, Verdict]:
    """The verdict under each unit convention."""
    answers: dict[str, Verdict] = {}
    for convention in sorted({p.convention for p in points}, key=_exact_first):
        baidu, waymo = _pair(points, convention)
        answers[convention] = "unknown" if baidu is None or waymo is None else _compared(baidu, waymo)
    return answers


def _pair(points: Sequence[Point], convention: str) -> tuple[Point | None, Point | None]:
    """Baidu in Beijing and Waymo in California in the latest year that both have."""
    mine = [p for p in points if p.convention == convention and not p.scope.endswith("driverless")]
    baidu = {p.year: p for p in mine if (p.fleet, p.region) == ("baidu", "beijing")}
    waymo = {p.year: p for p in mine if (p.fleet, p.region) == ("waymo", "california")}
    both = baidu.keys() & waymo.keys()
    return (baidu[max(both)], waymo[max(both)]) if both else (None, None)


def _compared(baidu: Point, waymo: Point) -> Verdict:
    least, most = (baidu.at_least, waymo.at_most), (baidu.at_most, waymo.at_least)
    if least[0] is not None and least[1] is not None and least[0] > least[1]:
        return "more"
    if most[0] is not None and most[1] is not None and most[0] < most[1]:
        return "less"
    return "open"


def title(points: Sequence[Point], language: Language) -> str:
    """Headline and deck in one line, for a file's metadata or a list of charts."""
    headline, deck = finding(points, language)
    return ("：" if language == "zh" else ": ").join(part for part in (headline, deck) if part)


def finding(points: Sequence[Point], language: Language) -> tuple[str, str]:
    """The headline, as far as the figures bear it, and the deck: the figures it rests on."""
    answer, baidu, waymo = verdict(points)
    if baidu is None or waymo is None:
        return ABOUT[language], ""
    b, w = baidu.names[language], waymo.names[language]
    limits, other = _limits(baidu, language), _limits(waymo, language)
    if language == "zh":
        head = {
            "more": f"{b}在北京的路测里程超过{w}在加州的里程",
            "less": f"{b}在北京的路测里程少于{w}在加州的里程",
        }.get(answer, f"{b}在北京的路测里程是否超过{w}在加州的里程，无从证实")
        return head, f"到{baidu.year}年底，{b}{limits}，{w}{other}"
    head = {
        "more": f"{b} in Beijing out-drove {w} in California",
        "less": f"{b} in Beijing did not out-drive {w} in California",
    }.get(answer, f"Whether {b} in Beijing out-drove {w} in California cannot be shown")
    return head, f"By the end of {baidu.year}, {b} had driven {limits}, {w} {other}"


def _limits(point: Point, language: Language) -> str:
    """`at least 2.0M km and at most about 21.7M km`, `about 13.8M km`, `6.1M km`."""
    en = language == "en"
    unit = " km" if en else "公里"
    if point.km is not None and point.bound != "at_least":
        about = point.bound in OPEN
        return ("about " if en and about else "约" if about else "") + quantity(point.km, language) + unit
    said = []
    if point.at_least is not None:
        words = "at least " if en else "至少"
        said.append(words + quantity(point.at_least, language, rounding="down") + unit)
    if point.high is not None:
        firm, rounding = _firmness(point)
        words = ("at most " if firm else "at most about ") if en else ("至多" if firm else "至多约")
        said.append(words + quantity(point.high, language, rounding=rounding) + unit)
    return (" and " if en else "、").join(said)


def _firmness(point: Point) -> tuple[bool, Rounding]:
    firm = point.high_bound not in OPEN
    return firm, "up" if firm else "nearest"


def _subtitle(series: Sequence[Series], language: Language) -> str:
    first = min(p.year for one in series for p in one.points)
    ends = []
    for region in dict.fromkeys(one.last.region for one in series):
        days = {p.through.replace(year=2000) for one in series for p in one.points if p.region == region}
        if len(days) == 1:
            until = day(days.pop(), language, year=False)
            name = REGIONS.get(region, {"en": region, "zh": region})[language]
            ends.append(f"{name}截至{until}" if language == "zh" else f"to {until} in {name}")
    if language == "zh":
        tail = f"；每年{'，'.join(ends)}" if ends else ""
        return f"公共道路自动驾驶测试累计里程（公里），自{first}报告年度起算{tail}"
    tail = f"; each year {', '.join(ends)}" if ends else ""
    return f"Cumulative road-test distance in km, counted from the {first} report year{tail}"


def _notes(points: Sequence[Point], series: Sequence[Series], language: Language) -> list[str]:
    return [
        note
        for note in (
            _note_reading(series, language),
            _note_scopes(series, language),
            _note_units(points, language),
        )
        if note
    ]


def _note_reading(series: Sequence[Series], language: Language) -> str:
    """The marks that occur, explained."""
    every = [p for one in series for p in one.points]
    bounds = {p.bound for p in every if p.km is not None}
    band = any(p.km is None and p.high is not None for p in every)
    arrow = any(p.km is None and p.high is None for p in every)
    about = any(p.high_bound in OPEN for p in every)
    said = [
        ("exact" in bounds, "● as printed", "● 按公布值"),
        (bool(bounds & set(OPEN)) or about, "○ or ≈ approximate", "○或≈ 约数"),
        ("derived" in bounds, "■ derived from printed figures", "■ 由公布值推算"),
        (
            band,
            "shaded: no figure found, the distance lies between the two bounds (upper bound: the city's total less "
            "what others are known to have driven" + ("; dashed as it is approximate)" if about else ")"),
            "阴影：未见公布值，里程介于上下限之间（上限为全市总量减去其他车队的已知里程"
            + ("，系约数，以虚线表示）" if about else "）"),
        ),
        (arrow, "↑ at least; no upper bound is known", "↑ 至少为此，上限未知"),
        (
            any(one.apart for one in series),
            "dashed with small dots: driverless testing, a separate programme, never added",
            "小点虚线：无人测试，属另一项目，从不相加",
        ),
    ]
    chosen = [zh if language == "zh" else en for use, en, zh in said if use]
    return ("图例：" if language == "zh" else "How to read: ") + (
        "；".join(chosen) + "。" if language == "zh" else "; ".join(chosen) + "."
    )


def _note_scopes(series: Sequence[Series], language: Language) -> str:
    """Every scope by its name, with its fleets and, if the scope changes, its years."""
    by_scope: dict[str, list[tuple[str, str]]] = {}
    for one in series:
        for scope in dict.fromkeys(p.scopes[language] for p in one.points):
            years = [p.year for p in one.points if p.scopes[language] == scope]
            span = f"{years[0]}–{years[-1]}" if years[0] != years[-1] else str(years[0])
            span += "年" if language == "zh" else ""
            by_scope.setdefault(scope, []).append((one.points[0].names[language], span if one.breaks else ""))
    said = []
    for scope, users in by_scope.items():
        names = listed([name for name, _ in users], language)
        spans = {span for _, span in users}
        span = spans.pop() if len(spans) == 1 else ""
        if language == "zh":
            said.append(f"{scope}（{names}{'，' + span if span else ''}）")
        else:
            said.append(f"{scope} ({names}{', ' + span if span else ''})")
    if language == "zh":
        return "统计口径：" + "；".join(said) + "。各口径范围不同，不可相加。"
    return "Scopes: " + "; ".join(said) + ". They count different things and are never added."


def _note_units(points: Sequence[Point], language: Language) -> str:
    """Both unit conventions, with the figures that depend on them."""
    latest: dict[str, dict[str, Point]] = {}
    for point in sorted(points, key=lambda p: p.through):
        if point.region == "california" and not point.scope.endswith("driverless"):
            latest.setdefault(point.fleet, {})[point.convention] = point
    said = []
    for by in latest.values():
        exact, report = by.get("exact"), by.get("report_1_6")
        if exact and report and exact.km is not None and report.km is not None:
            about = ("≈ " if language == "en" else "约") if exact.bound in OPEN else ""
            pair = [quantity(p.km or 0.0, language, more=1) for p in (report, exact)]
            name = exact.names[language]
            said.append(
                f"{name}{about or '为'}{pair[0]}公里（图中{about}{pair[1]}公里）"
                if language == "zh"
                else f"{name} {about}{pair[0]} km (here {about}{pair[1]} km)"
            )
    if not said:
        return ""
    year = max(p.year for by in latest.values() for p in by.values())
    answers = set(_answers(points).values())
    same = len(answers) == 1 and "unknown" not in answers
    if language == "zh":
        return (
            f"单位换算：图中按1英里=1.609344公里精确换算。若按2024年报告的1英里=1.6公里，{year}年{'、'.join(said)}"
            + ("，结论相同。" if same else "。")
        )
    return (
        f"Units: 1 mi = 1.609344 km. With the 2024 report's 1.6 km the figures of {year} would be "
        + listed(said, "en")
        + ("; the finding is the same." if same else ".")
    )


# Drawing


def _x(day_: date) -> float:
    """The place of a day on the x axis, in days (matplotlib's epoch)."""
    from matplotlib.dates import date2num

    return float(date2num(day_))  # type: ignore[no-untyped-call]  # matplotlib leaves it untyped


def _set_axes(axes: Axes, series: Sequence[Series], language: Language) -> None:
    every = [p for one in series for p in one.points]
    years = range(min(p.year for p in every), max(p.year for p in every) + 1)
    first = min(one.points[0].through if one.points[0].km is not None else one.since(0) for one in series)
    last = max(p.through for p in every)
    axes.set_xlim(_x(first) - 45, _x(last) + 12)
    axes.set_xticks([_x(date(y, 12, 31)) for y in years], [str(y) for y in years])
    values = [v for p in every for v in (p.km, p.low, p.high) if v is not None]
    highest = max(*values, 1.0)
    axes.set_ylim(0, highest * 1.06)
    step = _step(highest)
    ticks = [step * n for n in range(int(highest / step) + 1)]
    axes.set_yticks(ticks, [tick(value, language) for value in ticks])


def _step(highest: float) -> float:
    """A round step that gives 4 to 8 ticks."""
    power = 10.0 ** math.floor(math.log10(highest))
    return next(power * part for part in (0.2, 0.25, 0.5, 1.0, 2.0) if highest / (power * part) <= 7)


def _draw_breaks(axes: Axes, series: Sequence[Series], language: Language, theme: Theme) -> None:
    """A hairline where a scope ends, with the scope before and the scope after above it."""
    at: dict[tuple[date, str, str], Point] = {}
    for one in series:
        for before, after in one.breaks:
            at.setdefault((before.through, before.scopes[language], after.scopes[language]), after)
    for (through, left, right), after in at.items():
        x = _x(through)
        axes.plot(
            [x, x], [0, 1.09], transform=axes.get_xaxis_transform(), color=theme.muted, linewidth=0.6,
            clip_on=False, zorder=1.5, gid=f"break-{after.year}",
        )  # fmt: skip
        words = {
            "en": (f"to {through.year}: {left} ◂", f"▸ from {after.year}: {right}"),
            "zh": (f"{through.year}年及以前：{left} ◂", f"▸ {after.year}年起：{right}"),
        }[language]
        for text, side, shift in ((words[0], "right", -3), (words[1], "left", 3)):
            axes.annotate(
                text, (x, 1.09), xycoords=axes.get_xaxis_transform(), xytext=(shift, 0),
                textcoords="offset points", ha=side, va="top", size=SMALL, color=theme.muted,
                annotation_clip=False, gid=f"break-{after.year}-{side}",
            )  # fmt: skip


def _draw_bands(axes: Axes, one: Series, theme: Theme) -> None:
    """Between the bounds, year by year.

    A cumulative distance never falls, so the bounds at a year's end hold all through the year: each year is
    a step, and nothing is interpolated between one bound and the next.
    """
    colour = one.hue.mark
    for index, point in enumerate(one.points):
        if point.km is not None or point.high is None:
            continue
        start = one.since(index)
        x, low, high = [_x(start), _x(point.through)], point.low or 0.0, point.high
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
        firm, _ = _firmness(point)
        axes.plot(x, [high, high], color=colour, linewidth=1.1, linestyle="-" if firm else (0, (4, 2.5)),
                  zorder=2.2, gid=f"{gid}-high")  # fmt: skip
        axes.plot([x[1]], [high], marker="o", markersize=5, color=colour, clip_on=False, zorder=4,
                  markerfacecolor=colour if firm else theme.paper, gid=f"{gid}-end")  # fmt: skip


def _draw_line(axes: Axes, one: Series, theme: Theme) -> None:
    colour, small = one.hue.mark, one.apart
    for run in _runs(one):
        axes.plot(
            [_x(p.through) for p in run], [p.km or 0.0 for p in run], color=colour, clip_on=False, zorder=3,
            linewidth=1.0 if small else 2.0, linestyle=(0, (2, 1.6)) if small else "-",
            gid=f"{one.fleet}{'-driverless' if small else ''}-line-{run[0].year}",
        )  # fmt: skip
    for p in one.points:
        if p.km is not None:
            if (p.high is not None and p.high > p.km) or (p.low is not None and p.low < p.km):
                axes.plot([_x(p.through)] * 2, [p.low if p.low is not None else p.km, p.high or p.km],
                          color=colour, linewidth=1.0, zorder=3.1, gid=f"{one.fleet}-whisker-{p.year}")  # fmt: skip
            axes.plot(
                [_x(p.through)], [p.km], marker=MARKERS.get(p.bound, "o"), color=colour, clip_on=False, zorder=4,
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
        x = _x(point.through)
        if point.low is not None and point.km is None:
            start = _x(one.since(index))
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


def _labels(one: Series, language: Language) -> list[Label]:
    """What stands at the end of a series: one line, or one for each end of a band."""
    point, en = one.last, language == "en"
    name = point.names[language]
    size, gid = LABEL, f"label-{one.fleet}"
    if one.apart:
        name, size, gid = (f"{name} driverless" if en else f"{name} 无人测试"), SMALL, f"{gid}-driverless"

    def about(value: float, approximate: bool, rounding: Rounding = "nearest") -> str:
        sign = ("≈ " if en else "≈") if approximate else ""
        return sign + quantity(value, language, rounding=rounding)

    if point.km is not None and point.bound != "at_least":
        return [Label(point.km, name, about(point.km, point.bound in OPEN), one.hue, size, gid)]
    found = []
    if point.high is not None:
        firm, rounding = _firmness(point)
        words = ("at most " if en else "至多") + about(point.high, not firm, rounding)
        found.append(Label(point.high, name, words, one.hue, size, f"{gid}-high"))
    if point.at_least is not None:
        words = ("at least " if en else "至少") + about(point.at_least, approximate=False, rounding="down")
        found.append(Label(point.at_least, name, words, one.hue, size, f"{gid}-low"))
    return found


def _whole(label: Label, language: Language) -> str:
    return f"{label.name}  {label.value}" + (" km" if language == "en" else "公里")


def _draw_labels(axes: Axes, labels: Sequence[Label], series: Sequence[Series], language: Language) -> None:
    """The labels in a column right of the plot, moved apart, each tied to its end by a hairline."""
    (width, height), top = plot_size(axes), axes.get_ylim()[1]
    wanted = [label.km / top * height for label in labels]
    centres = spread(wanted, [label.size * 1.45 for label in labels], -13.0, height + 12.0)
    points_per_day = width / (axes.get_xlim()[1] - axes.get_xlim()[0])
    ends = {label.gid: _x(one.last.through) for one in series for label in _labels(one, language)}
    edge = axes.get_xlim()[1]
    for label, want, centre in zip(labels, wanted, centres, strict=True):
        start = (ends[label.gid] - edge) * points_per_day + 5.0
        _leader(axes, [start, 6.0, 18.0], [want, want, centre], label)
        text = axes.annotate(
            label.name, (1, 0), xycoords="axes fraction", xytext=(21, centre), textcoords="offset points",
            va="center_baseline", size=label.size, color=label.hue.text, annotation_clip=False,
            gid=f"{label.gid}-name",
        )  # fmt: skip
        embolden(text, 0.3)
        axes.annotate(
            _whole(label, language).removeprefix(label.name).strip(), (1, 0), xycoords="axes fraction",
            xytext=(21 + text_width(label.name + "\u2009 ", label.size), centre), textcoords="offset points",
            va="center_baseline", size=label.size, color=label.hue.text, annotation_clip=False, gid=label.gid,
        )  # fmt: skip


def _leader(axes: Axes, xs: Sequence[float], ys: Sequence[float], label: Label) -> None:
    """A hairline; places are points from the lower right corner of the axes."""
    from matplotlib.figure import Figure
    from matplotlib.transforms import Affine2D

    figure = axes.figure
    if not isinstance(figure, Figure):
        return
    position = axes.get_position()
    corner = (position.x1 * PAGE_WIDTH, position.y0 * figure.get_figheight() * 72)
    line = axes.plot(
        xs,
        ys,
        color=label.hue.mark,
        linewidth=0.6,
        alpha=0.8,
        clip_on=False,
        zorder=2,
        gid=f"{label.gid}-leader",
    )[0]
    line.set_transform(Affine2D().translate(*corner).scale(1 / 72) + figure.dpi_scale_trans)


def _draw_remarks(axes: Axes, series: Sequence[Series], language: Language) -> None:
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
        room = (_x(point.through) - _x(start)) * per_day - 14.0
        last = max((p.year for p in one.points if p.km is not None), default=None)
        name = point.names[language]
        text = {
            "en": f"{name} is somewhere in the shaded area"
            + (f"; no figure found after {last}" if last else ""),
            "zh": f"{name}的里程在阴影范围之内" + (f"；{last}年之后未见公布值" if last else ""),
        }[language]
        lines = wrap(text, room, SMALL)
        if (high - (point.low or 0.0)) * per_km > (len(lines) + 1) * SMALL * LEADING:
            for number, line in enumerate(lines):
                axes.annotate(
                    line, (_x(start), high), xytext=(7, -7 - number * SMALL * LEADING), textcoords="offset points",
                    va="top", size=SMALL, color=one.hue.text, gid=f"{one.fleet}-remark-{number}",
                )  # fmt: skip
        for _, p, value in bands:
            firm, rounding = _firmness(p)
            words = {"en": "at most " if firm else "at most ≈ ", "zh": "至多" if firm else "至多≈"}[language]
            words += quantity(value, language, rounding=rounding)
            if (
                p is not one.last
                and p is not point
                and (value - (p.low or 0.0)) * per_km > SMALL * LEADING + 3
            ):
                axes.annotate(
                    words, (_x(p.through), value), xytext=(-9, -4), textcoords="offset points", ha="right",
                    va="top", size=SMALL, color=one.hue.text, gid=f"{one.fleet}-band-{p.year}-value",
                )  # fmt: skip
