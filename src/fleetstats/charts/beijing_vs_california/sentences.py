"""What the chart says: a verdict as far as the figures bear it, and the small print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from fleetstats.charts.beijing_vs_california.series import OPEN, Point, Series, exact_first, firmness
from fleetstats.core.words import Said, Words, message

ABOUT = message("Road tests in Beijing and in California, cumulative")

REGIONS = {"beijing": message("Beijing"), "california": message("California")}

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


def title(points: Sequence[Point], words: Words) -> str:
    """Headline and deck in one line, for a file's metadata or a list of charts."""
    headline, deck = finding(points, words)
    return words.say("{headline}: {deck}", headline=headline, deck=deck) if deck else headline


def finding(points: Sequence[Point], words: Words) -> tuple[str, str]:
    """The headline, as far as the figures bear it, and the deck: the figures it rests on."""
    answer, baidu, waymo = verdict(points)
    if baidu is None or waymo is None:
        return words.say(ABOUT), ""
    names = {"baidu": baidu.name, "waymo": waymo.name}
    if answer == "more":
        headline = words.say("{baidu} in Beijing out-drove {waymo} in California", **names)
    elif answer == "less":
        headline = words.say("{baidu} in Beijing did not out-drive {waymo} in California", **names)
    else:
        headline = words.say(
            "Whether {baidu} in Beijing out-drove {waymo} in California cannot be shown", **names
        )
    deck = words.say(
        "By the end of {year}, {baidu} had driven {distance_baidu}, {waymo} {distance_waymo}",
        **names,
        year=baidu.year,
        distance_baidu=_limits(baidu, words),
        distance_waymo=_limits(waymo, words),
    )
    return headline, deck


def _limits(point: Point, words: Words) -> str:
    """`at least 2.0M km and at most about 21.7M km`, `about 13.8M km`, `6.1M km`."""
    if point.km is not None and point.bound != "at_least":
        amount = words.habits.quantity(point.km)
        if point.bound in OPEN:
            return words.say("about {amount} km", amount=amount)
        return words.say("{amount} km", amount=amount)
    least = most = None
    if point.at_least is not None:
        least = words.say(
            "at least {amount} km", amount=words.habits.quantity(point.at_least, rounding="down")
        )
    if point.high is not None:
        firm, rounding = firmness(point)
        amount = words.habits.quantity(point.high, rounding=rounding)
        most = (
            words.say("at most {amount} km", amount=amount)
            if firm
            else words.say("at most about {amount} km", amount=amount)
        )
    if least and most:
        return words.say("{least} and {most}", least=least, most=most)
    return least or most or ""


def _region(code: str) -> Said:
    return REGIONS.get(code, code)


def subtitle(series: Sequence[Series], words: Words) -> str:
    """What is counted, since when, and to which day of each year."""
    first = min(p.year for one in series for p in one.points)
    ends = []
    for region in dict.fromkeys(one.last.region for one in series):
        days = {p.through.replace(year=2000) for one in series for p in one.points if p.region == region}
        if len(days) == 1:
            day = words.habits.day_of_year_named(days.pop())
            ends.append(words.say("to {day} in {region}", day=day, region=_region(region)))
    if not ends:
        return words.say(
            "Cumulative road-test distance in km, counted from the {year} report year", year=first
        )
    return words.say(
        "Cumulative road-test distance in km, counted from the {year} report year; each year {ends}",
        year=first,
        ends=words.habits.phrase_comma.join(ends),
    )


def notes(points: Sequence[Point], series: Sequence[Series], words: Words) -> list[str]:
    """The small print: marks, scopes, units."""
    return [
        note
        for note in (
            _note_reading(series, words),
            _note_scopes(series, words),
            _note_units(points, words),
        )
        if note
    ]


def _note_reading(series: Sequence[Series], words: Words) -> str:
    """The marks that occur, explained."""
    every = [p for one in series for p in one.points]
    bounds = {p.bound for p in every if p.km is not None}
    about = any(p.high_bound in OPEN for p in every)
    said = []
    if "exact" in bounds:
        said.append(words.say("● as printed"))
    if bounds & set(OPEN) or about:
        said.append(words.say("○ or ≈ approximate"))
    if "derived" in bounds:
        said.append(words.say("■ derived from printed figures"))
    if any(p.km is None and p.high is not None for p in every):
        if about:
            said.append(
                words.say(
                    "shaded: no figure found, the distance lies between the two bounds (upper bound: the city's total "
                    "less what others are known to have driven; dashed as it is approximate)"
                )
            )
        else:
            said.append(
                words.say(
                    "shaded: no figure found, the distance lies between the two bounds (upper bound: the city's total "
                    "less what others are known to have driven)"
                )
            )
    if any(p.km is None and p.high is None for p in every):
        said.append(words.say("↑ at least; no upper bound is known"))
    if any(one.apart for one in series):
        said.append(
            words.say("dashed with small dots: driverless testing, a separate programme, never added")
        )
    return words.say_in("legend", "How to read: {marks}.", marks=words.habits.semicolon.join(said))


def _note_scopes(series: Sequence[Series], words: Words) -> str:
    """Every scope by its name, with its fleets and, if the scope changes, its years."""
    by_scope: dict[str, list[tuple[str, str]]] = {}
    for one in series:
        for scope in dict.fromkeys(words.of(p.scope_name) for p in one.points):
            years = [p.year for p in one.points if words.of(p.scope_name) == scope]
            span = f"{years[0]}–{years[-1]}" if years[0] != years[-1] else str(years[0])
            name = words.of(one.points[0].name)
            by_scope.setdefault(scope, []).append((name, span if one.breaks else ""))
    said = []
    for scope, users in by_scope.items():
        fleets = words.habits.listed([name for name, _ in users])
        spans = {span for _, span in users}
        years_ = spans.pop() if len(spans) == 1 else ""
        if years_:
            said.append(words.say("{scope} ({fleets}, {years})", scope=scope, fleets=fleets, years=years_))
        else:
            said.append(words.say("{scope} ({fleets})", scope=scope, fleets=fleets))
    return words.say(
        "Scopes: {scopes}. They count different things and are never added.",
        scopes=words.habits.semicolon.join(said),
    )


def _note_units(points: Sequence[Point], words: Words) -> str:
    """Both unit conventions, with the figures that depend on them."""
    latest: dict[str, dict[str, Point]] = {}
    for point in sorted(points, key=lambda p: p.through):
        if point.region == "california" and not point.scope.endswith("driverless"):
            latest.setdefault(point.fleet, {})[point.convention] = point
    said = []
    for by in latest.values():
        exact, report = by.get("exact"), by.get("report_1_6")
        if exact and report and exact.km is not None and report.km is not None:
            facts = {
                "fleet": exact.name,
                "report": words.habits.quantity(report.km, more=1),
                "exact": words.habits.quantity(exact.km, more=1),
            }
            if exact.bound in OPEN:
                said.append(words.say("{fleet} ≈ {report} km (here ≈ {exact} km)", **facts))
            else:
                said.append(words.say("{fleet} {report} km (here {exact} km)", **facts))
    if not said:
        return ""
    year = max(p.year for by in latest.values() for p in by.values())
    answers = set(_answers(points).values())
    facts = {
        "year": year,
        "distances": words.habits.listed(said),
        "items": words.habits.items(said),
    }
    if len(answers) == 1 and "unknown" not in answers:
        # may use: items
        return words.say(
            "Units: 1 mi = 1.609344 km. With the 2024 report's 1.6 km the figures of {year} would be {distances}; "
            "the finding is the same.",
            **facts,
        )
    # may use: items
    return words.say(
        "Units: 1 mi = 1.609344 km. With the 2024 report's 1.6 km the figures of {year} would be {distances}.",
        **facts,
    )


def describe(points: Sequence[Point], series: Sequence[Series], words: Words) -> str:
    """The picture in words, for those who do not see it."""
    said = []
    for one in series:
        last = one.last
        facts = {
            "fleet": one.points[0].name,
            "region": _region(last.region),
            "year": last.year,
            "distance": _limits(last, words),
        }
        if one.apart:
            said.append(words.say("{fleet} ({region}, driverless) by {year}: {distance}", **facts))
        else:
            said.append(words.say("{fleet} ({region}) by {year}: {distance}", **facts))
    return words.say(
        "{kind}. {about}. {finding}. {data}.",
        kind=words.say("Line chart"),
        about=ABOUT,
        finding=title(points, words),
        data=words.habits.semicolon.join(said),
    )
