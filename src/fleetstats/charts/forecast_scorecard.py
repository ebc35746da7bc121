"""How the forecasts did: whether their intervals hold what they promise, and whether they beat the simplest one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleetstats.charts.axes import panel_title
from fleetstats.charts.frames import Row, rows_of
from fleetstats.charts.labels import Label, draw_labels, room_for
from fleetstats.charts.page import empty_picture, page, side_by_side, source_notes
from fleetstats.charts.style import LABEL, LIGHT, SMALL, Provenance, Theme, applied
from fleetstats.core.statistics import INTERVALS, JUDGED_INTERVAL
from fleetstats.core.words import Said, Words, message, message_in

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT = message("How the forecasts did")

QUERY = """
select
    basis, truth_basis, quantity, measure, series, model, origin_year,
    cast(cast(origin_year as varchar(4)) || '-01-01' as date) as ends, forecasts,
    relative_crps, coverage_50, coverage_80, coverage_95
from forecast_scorecard
where
    series = 'all' and measure = 'all' and quantity = 'increment' and origin_year is not null
    and truth_basis = case basis when 'live' then 'first_published' else 'known_today' end
""".strip()

COLUMNS = "basis model origin_year ends forecasts relative_crps coverage_50 coverage_80 coverage_95".split()
ENDS = "ends"
COMBINATION = "combination"
MODELS = {
    "combination": message("combination"),
    "seasonal_naive": message("seasonal naive"),
    "naive": message_in("model", "naive"),
    "drift": message_in("model", "drift"),
    "exponential_smoothing": message("exponential smoothing"),
    "level_shift": message("level shift"),
    "last_value": message("last value"),
    "pace_linear": message("pace, linear"),
    "pace_ratio": message("pace, ratio"),
    "gompertz": message_in("model", "Gompertz"),
    "logistic": message_in("model", "logistic"),
    "arima": message_in("model", "ARIMA"),
    "theta": message_in("model", "theta"),
}
HIGHEST = 3.0
"""Errors above this would press all others onto the axis."""
LEVELS = tuple(zip(INTERVALS, ("sky", "blue", "ink"), strict=True))


def draw(frame: pd.DataFrame, *, words: Words, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per basis, model and year of origin."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return empty_picture(ABOUT, words, provenance, theme)
        headline, deck = finding(rows, words)
        combined = _of(rows, COMBINATION)
        models = [
            m for m in dict.fromkeys(r["model"] for r in rows) if m not in (COMBINATION, "seasonal_naive")
        ]
        levels = [
            Label(
                100 * combined[-1][f"coverage_{level}"],
                f"{level}%",
                words.say("held {share}", share=f"{100 * combined[-1][f'coverage_{level}']:.0f}%"),
                theme.hues[hue],
                LABEL,
                f"label-coverage-{level}",
                _x(combined[-1]),
            )
            for level, hue in LEVELS
            if combined
        ]
        skills = _skill_labels(rows, models, words, theme)
        figure, axes = page(
            headline,
            deck,
            _subtitle(rows, words),
            [*_notes(rows, words), *source_notes(provenance, words)],
            theme=theme,
            headroom=30.0,
        )
        left, right = side_by_side(
            figure, axes, [1.0, 1.0], [room_for(levels), room_for(skills)], theme=theme
        )
        panel_title(left, words.say("Truths inside the intervals"), theme)
        panel_title(right, words.say("Error, the seasonal naive forecast being 1"), theme)
        _draw_coverage(left, combined, theme)
        _draw_skill(right, rows, models, theme)
        draw_labels(left, levels)
        draw_labels(right, skills)
        return figure


def describe(frame: pd.DataFrame, words: Words) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    headline, deck = finding(rows, words)
    return words.say("Two line charts. {headline}. {deck}.", headline=headline, deck=deck)


def _subtitle(rows: Sequence[Row], words: Words) -> str:
    live = rows[0]["basis"] == "live"
    truth = words.say("as first published") if live else words.say("as known today")
    return words.say(
        "By the year in which the forecast was made; all series, each counting the same, increments, against the "
        "truth {as_known}",
        as_known=truth,
    )


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = [
        r
        for r in rows_of(frame, COLUMNS, "forecast-scorecard")
        if r[f"coverage_{JUDGED_INTERVAL}"] is not None
    ]
    live = [r for r in rows if r["basis"] == "live"]
    chosen = (
        live
        if len({r["origin_year"] for r in live}) > 1
        else [r for r in rows if r["basis"] == "backtest"] or live
    )
    return sorted(chosen, key=lambda r: (r["origin_year"], r["model"]))


def _of(rows: Sequence[Row], model: str) -> list[Row]:
    return [r for r in rows if r["model"] == model]


def _x(row: Row) -> float:
    return float(row["origin_year"])


def model_name(code: str) -> Said:
    """A model as a reader calls it."""
    return MODELS.get(code, code.replace("_", " "))


def finding(rows: Sequence[Row], words: Words) -> tuple[str, str]:
    """What share of truths the interval that forecasts are judged by held in each year, and in how many the error was
    smaller.

    Years are not averaged: the mart weighs series, and an average of its means is none of its numbers.
    """
    own = _of(rows, COMBINATION) or list(rows)
    low, high = (pick(100 * r[f"coverage_{JUDGED_INTERVAL}"] for r in own) for pick in (min, max))
    between = f"{low:.0f}%" if round(low) == round(high) else f"{low:.0f}%–{high:.0f}%"
    if len(own) > 1:
        headline = words.say(
            "The {level}% intervals held {share} of what came, by year", level=JUDGED_INTERVAL, share=between
        )
    else:
        headline = words.say(
            "The {level}% intervals held {share} of what came", level=JUDGED_INTERVAL, share=between
        )
    total = f"{sum(r['forecasts'] for r in own):,.0f}"
    if rows[0]["basis"] == "backtest":
        deck = words.say("{total} backtests", total=total)
    else:
        deck = words.say("{total} live forecasts", total=total)
    scored = [r["relative_crps"] for r in own if r["relative_crps"] is not None]
    if scored:
        deck = words.say(
            "{forecasts}; the combination's error was smaller than the seasonal naive one's in {better} of {years} "
            "years",
            forecasts=deck,
            better=sum(error < 1 for error in scored),
            years=len(scored),
        )
    return headline, deck


def _notes(rows: Sequence[Row], words: Words) -> list[str]:
    said = [
        words.say(
            "How to read: on the left a line near the dashed one of its colour is well calibrated; above it the "
            "intervals are too wide, below too narrow. On the right, under 1 is better than repeating the same period "
            "of the year before."
        )
    ]
    if any((r["relative_crps"] or 0) > HIGHEST for r in rows):
        said.append(
            words.say("Lines that leave the plot have errors above {highest}.", highest=f"{HIGHEST:g}")
        )
    if rows[0]["basis"] == "backtest":
        said.append(
            words.say(
                "Backtest: made anew from what had been issued by a past day; nobody published it then."
            )
        )
    return [words.habits.sentence_gap.join(said)]


def _years(axes: Axes, rows: Sequence[Row]) -> None:
    years = sorted({int(r["origin_year"]) for r in rows})
    axes.set_xlim(years[0] - 0.3, years[-1] + 0.12 if len(years) > 1 else years[-1] + 0.3)
    shown = years if len(years) <= 8 else years[:: len(years) // 6]
    axes.set_xticks(shown, [str(y) for y in shown])


def _draw_coverage(axes: Axes, rows: Sequence[Row], theme: Theme) -> None:
    if not rows:
        axes.set_axis_off()
        return
    axes.set_ylim(0, 104)
    axes.set_yticks(range(0, 101, 20), [f"{n}%" for n in range(0, 101, 20)])
    _years(axes, rows)
    for level, name in LEVELS:
        hue = theme.hues[name]
        axes.axhline(
            level, color=hue.mark, linewidth=1.0, linestyle=(0, (4, 2.5)), zorder=1.5, gid=f"nominal-{level}"
        )
        axes.plot(
            [_x(r) for r in rows],
            [100 * r[f"coverage_{level}"] for r in rows],
            color=hue.mark,
            marker="o",
            markersize=4.5,
            linewidth=1.8,
            clip_on=False,
            zorder=3,
            gid=f"coverage-{level}",
        )


def _scored(rows: Sequence[Row], model: str) -> list[Row]:
    return [r for r in _of(rows, model) if r["relative_crps"] is not None]


def _skill_labels(rows: Sequence[Row], models: Sequence[str], words: Words, theme: Theme) -> list[Label]:
    found = []
    own = _scored(rows, COMBINATION)
    if own:
        found.append(
            Label(
                own[-1]["relative_crps"],
                words.of(model_name(COMBINATION)),
                f"{own[-1]['relative_crps']:.2f}",
                theme.hues["vermilion"],
                LABEL,
                "label-combination",
                _x(own[-1]),
            )
        )
    last = max(int(r["origin_year"]) for r in rows)
    for model in models:
        mine = _scored(rows, model)
        if mine and mine[-1]["origin_year"] == last and mine[-1]["relative_crps"] <= HIGHEST:
            found.append(
                Label(
                    mine[-1]["relative_crps"],
                    words.of(model_name(model)),
                    f"{mine[-1]['relative_crps']:.2f}",
                    theme.hues["grey"],
                    SMALL,
                    f"label-{model}",
                    _x(mine[-1]),
                )
            )
    return found


def _draw_skill(axes: Axes, rows: Sequence[Row], models: Sequence[str], theme: Theme) -> None:
    values = [r["relative_crps"] for r in rows if r["relative_crps"] is not None]
    if not values:
        axes.set_axis_off()
        return
    top = min(max([*values, 1.2]) * 1.08, HIGHEST)
    axes.set_ylim(0, top)
    marks = [n * 0.5 for n in range(int(top / 0.5) + 1)]
    axes.set_yticks(marks, [f"{m:g}" for m in marks])
    _years(axes, rows)
    axes.axhline(1, color=theme.ink, linewidth=1.0, linestyle=(0, (4, 2.5)), zorder=1.6, gid="naive")
    for model in (*models, COMBINATION):
        mine, main = _scored(rows, model), model == COMBINATION
        axes.plot(
            [_x(r) for r in mine],
            [r["relative_crps"] for r in mine],
            zorder=4 if main else 2,
            linewidth=2.0 if main else 0.9,
            color=theme.hues["vermilion" if main else "grey"].mark,
            marker="o",
            markersize=4.5 if main else 2.5,
            clip_on=True,
            gid=f"skill-{model}",
        )
