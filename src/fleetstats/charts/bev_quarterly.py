"""Battery-electric cars of Tesla and BYD, quarter by quarter: who was ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fleetstats.charts.axes import amounts, x_of, years
from fleetstats.charts.frames import Row, name_of, rows_of
from fleetstats.charts.labels import Label, draw_labels, height_of, room_for
from fleetstats.charts.page import alt_text, empty_picture, page, source_notes
from fleetstats.charts.style import (
    LABEL,
    LIGHT,
    PLOT_HEIGHT,
    Hue,
    Provenance,
    Theme,
    applied,
    hues_for,
)
from fleetstats.core.periods import quarter_of
from fleetstats.core.words import Words, message

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT = message("Battery-electric cars of Tesla and BYD by quarter")

QUERY = """
select
    b.company, o.name_en as company_en, o.name_zh as company_zh,
    b.measure, b.segment, b.period, b.quarter_start, b.value, b.unit, b.status, b.bound, b.confidence
from bev_quarterly as b
left join operator as o on o.operator = b.company
""".strip()

COLUMNS = "company measure period quarter_start value bound confidence".split()
ENDS = "quarter_start"

MEASURES = {
    "total_deliveries": message("all deliveries"),
    "bev_passenger_sales": message("battery-electric passenger cars"),
}


def draw(frame: pd.DataFrame, *, words: Words, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per company and quarter, cars."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return empty_picture(ABOUT, words, provenance, theme)
        companies = list(dict.fromkeys(r["company"] for r in rows))
        hues = hues_for(companies, theme)
        lasts = [[r for r in rows if r["company"] == c][-1] for c in companies]
        labels = [
            Label(
                r["value"],
                name_of(r, "company", words),
                _cars(r, words),
                hues[r["company"]],
                LABEL,
                f"label-{r['company']}",
                _x(r["quarter_start"]),
            )
            for r in lasts
        ]
        headline, deck = finding(rows, words)
        figure, axes = page(
            headline,
            deck,
            words.say("Cars in each calendar quarter"),
            [*_notes(rows, words), *source_notes(provenance, words)],
            theme=theme,
            right=room_for(labels),
            plot=max(PLOT_HEIGHT, height_of(labels)),
        )
        _draw(axes, rows, companies, hues, words, theme)
        draw_labels(axes, labels)
        return figure


def describe(frame: pd.DataFrame, words: Words) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    said = []
    for company in dict.fromkeys(r["company"] for r in rows):
        mine = [r for r in rows if r["company"] == company]
        first, last = mine[0], mine[-1]
        said.append(
            words.say(
                "{company} from {cars_before} in {period_before} to {cars} in {period}",
                company=name_of(first, "company", words),
                cars_before=_cars(first, words),
                period_before=first["period"],
                cars=_cars(last, words),
                period=last["period"],
            )
        )
    return alt_text(words, words.say("Line chart"), ABOUT, finding(rows, words), said)


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = [r for r in rows_of(frame, COLUMNS, "bev-quarterly") if r["value"] is not None]
    return sorted(rows, key=lambda r: (r["quarter_start"], r["company"]))


def _x(start: date) -> float:
    return x_of(start) + 45


def _cars(row: Row, words: Words) -> str:
    return words.say_in("cars", "{amount}", amount=words.habits.quantity(row["value"]))


def finding(rows: Sequence[Row], words: Words) -> tuple[str, str]:
    """Who was ahead in the last quarter that both have, by how much, and since when."""
    both: dict[date, dict[str, Row]] = {}
    for r in rows:
        if r["company"] in ("tesla", "byd"):
            both.setdefault(r["quarter_start"], {})[r["company"]] = r
    pairs = {d: p for d, p in sorted(both.items()) if len(p) == 2}
    if not pairs:
        return words.say(ABOUT), ""
    last = max(pairs)
    pair = pairs[last]
    order = sorted(pair.values(), key=lambda r: -r["value"])
    first, second = order
    names = [name_of(r, "company", words) for r in order]
    when = quarter_of(last)
    gap = first["value"] - second["value"]
    run = 0
    for start in sorted(pairs, reverse=True):
        if max(pairs[start].values(), key=lambda r: r["value"])["company"] != first["company"]:
            break
        run += 1
    if not gap:
        return words.say("A tie in {period}", period=when), ""
    headline = words.say(
        "{first} ahead of {second} by {cars} electric cars in {quarter}",
        first=names[0],
        second=names[1],
        cars=words.habits.difference(gap),
        quarter=words.habits.quarter_named(when),
    )
    if len(pairs) == 1:
        # may use: first
        since = words.say("the only quarter that both have", first=names[0])
    elif run > 1:
        since = words.say_counted(
            "{first} was ahead for {n} quarter in a row",
            "{first} was ahead for {n} quarters in a row",
            run,
            first=names[0],
        )
    else:
        since = words.say("{first} was behind in the quarter before", first=names[0])
    deck = words.say(
        "{first} {cars_first}, {second} {cars_second}; {since}",
        first=names[0],
        cars_first=_cars(first, words),
        second=names[1],
        cars_second=_cars(second, words),
        since=since,
    )
    return headline, deck


def _notes(rows: Sequence[Row], words: Words) -> list[str]:
    doubtful = [r for r in rows if r["confidence"] in ("unsourced", "derived")]
    measures = []
    for company in dict.fromkeys(r["company"] for r in rows):
        row = next(r for r in rows if r["company"] == company)
        measure = MEASURES.get(row["measure"], row["measure"].replace("_", " "))
        measures.append(
            words.say("{company}: {measure}", company=name_of(row, "company", words), measure=measure)
        )
    notes = [
        words.say(
            "Measures: {measures}. They differ: Tesla's is everything it delivers, BYD's is without plug-in hybrids.",
            measures=words.habits.semicolon.join(measures),
        )
    ]
    if doubtful:
        by = []
        for company in dict.fromkeys(r["company"] for r in doubtful):
            mine = [r for r in doubtful if r["company"] == company]
            by.append(
                words.say(
                    "{company} {periods}",
                    company=name_of(mine[0], "company", words),
                    periods=words.habits.listed([r["period"] for r in mine]),
                )
            )
        notes.insert(
            0,
            words.say(
                "How to read: an open point was found on no page, or is derived from others ({points}).",
                points=words.habits.semicolon.join(by),
            ),
        )
    return notes


def _draw(
    axes: Axes,
    rows: Sequence[Row],
    companies: Sequence[str],
    hues: dict[str, Hue],
    words: Words,
    theme: Theme,
) -> None:
    amounts(axes, max(r["value"] for r in rows), words)
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
            doubtful = r["confidence"] in ("unsourced", "derived")
            axes.plot(
                [_x(r["quarter_start"])],
                [r["value"]],
                marker="o",
                markersize=5,
                color=hue.mark,
                clip_on=False,
                zorder=4,
                markerfacecolor=theme.paper if doubtful else hue.mark,
                linestyle="none",
                gid=f"{company}-point-{r['period']}",
            )
