"""What the chart says: a verdict as far as the figures bear it, and the small print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from fleetstats.charts.beijing_vs_california.series import OPEN, Point, Series, exact_first, firmness
from fleetstats.charts.numbers import day, listed, quantity
from fleetstats.charts.style import Language

ABOUT: dict[Language, str] = {
    "en": "Road tests in Beijing and in California, cumulative",
    "zh": "北京与加州自动驾驶路测累计里程",
}

REGIONS: dict[str, dict[Language, str]] = {
    "beijing": {"en": "Beijing", "zh": "北京"},
    "california": {"en": "California", "zh": "加州"},
}

Verdict = Literal["more", "less", "open", "unknown"]


def verdict(points: Sequence[Point]) -> tuple[Verdict, Point | None, Point | None]:
    """Whether Baidu in Beijing drove more than Waymo in California, and the two points compared.

    The latest year that both have is compared, driverless testing aside. The answer has to hold under every
    unit convention, or it is open; without both fleets it is unknown.
    """
    answers = set(_answers(points).values())
    baidu, waymo = _pair(points, min((p.convention for p in points), key=exact_first))
    if baidu is None or waymo is None or not answers:
        return "unknown", None, None
    return (answers.pop() if len(answers) == 1 else "open"), baidu, waymo


def _answers(points: Sequence[Point]) -> dict[str, Verdict]:
    """The verdict under each unit convention."""
    answers: dict[str, Verdict] = {}
    for convention in sorted({p.convention for p in points}, key=exact_first):
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
        firm, rounding = firmness(point)
        words = ("at most " if firm else "at most about ") if en else ("至多" if firm else "至多约")
        said.append(words + quantity(point.high, language, rounding=rounding) + unit)
    return (" and " if en else "、").join(said)


def subtitle(series: Sequence[Series], language: Language) -> str:
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


def notes(points: Sequence[Point], series: Sequence[Series], language: Language) -> list[str]:
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


def describe(points: Sequence[Point], series: Sequence[Series], language: Language) -> str:
    """The picture in words, for those who do not see it."""
    said = []
    for one in series:
        last, name = one.last, one.points[0].names[language]
        region = REGIONS.get(last.region, {"en": last.region, "zh": last.region})[language]
        if language == "zh":
            said.append(
                f"{name}（{region}{'，无人测试' if one.apart else ''}）到{last.year}年{_limits(last, 'zh')}"
            )
        else:
            apart = ", driverless" if one.apart else ""
            said.append(f"{name} ({region}{apart}) by {last.year}: {_limits(last, 'en')}")
    if language == "zh":
        return f"折线图，{ABOUT['zh']}。{title(points, 'zh')}。" + "；".join(said) + "。"
    return f"Line chart. {ABOUT['en']}. {title(points, 'en')}. " + "; ".join(said) + "."
