"""How the forecasts did: whether their intervals hold what they promise, and whether they beat the simplest one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleetstats.charts.axes import panel_title
from fleetstats.charts.frames import Row, rows_of
from fleetstats.charts.labels import Label, draw_labels, room_for
from fleetstats.charts.page import nothing, page, side_by_side, source_notes
from fleetstats.charts.style import LABEL, LIGHT, SMALL, Language, Provenance, Theme, applied

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOUT: dict[Language, str] = {"en": "How the forecasts did", "zh": "预测的成绩"}

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
LEVELS = ((50, "sky"), (80, "blue"), (95, "ink"))


def draw(frame: pd.DataFrame, *, language: Language, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: one row per basis, model and year of origin."""
    rows = _rows(frame)
    with applied(theme):
        if not rows:
            return nothing(ABOUT[language], language, provenance, theme)
        zh = language == "zh"
        headline, deck = finding(rows, language)
        combined = _of(rows, COMBINATION)
        models = [
            m for m in dict.fromkeys(r["model"] for r in rows) if m not in (COMBINATION, "seasonal_naive")
        ]
        levels = [
            Label(
                100 * combined[-1][f"coverage_{level}"],
                f"{level}%",
                f"{'实际' if zh else 'held '}{100 * combined[-1][f'coverage_{level}']:.0f}%",
                theme.hues[hue],
                LABEL,
                f"label-coverage-{level}",
                _x(combined[-1]),
            )
            for level, hue in LEVELS
            if combined
        ]
        skills = _skill_labels(rows, models, language, theme)
        figure, axes = page(
            headline,
            deck,
            _subtitle(rows, language),
            [*_notes(rows, language), *source_notes(provenance, language)],
            theme=theme,
            headroom=30.0,
        )
        left, right = side_by_side(
            figure, axes, [1.0, 1.0], [room_for(levels), room_for(skills)], theme=theme
        )
        panel_title(left, "实际值落入区间的比例" if zh else "Truths inside the intervals", theme)
        panel_title(
            right, "误差（季节性朴素预测 = 1）" if zh else "Error, the seasonal naive forecast being 1", theme
        )
        _draw_coverage(left, combined, theme)
        _draw_skill(right, rows, models, theme)
        draw_labels(left, levels)
        draw_labels(right, skills)
        return figure


def describe(frame: pd.DataFrame, language: Language) -> str:
    """The same in words."""
    rows = _rows(frame)
    if not rows:
        return ""
    headline, deck = finding(rows, language)
    stop = "。" if language == "zh" else ". "
    kind = "两幅折线图" if language == "zh" else "Two line charts"
    return stop.join([kind, headline, deck]).strip() + stop.strip()


def _subtitle(rows: Sequence[Row], language: Language) -> str:
    live = rows[0]["basis"] == "live"
    if language == "zh":
        truth = "首次公布的" if live else "目前所知的"
        return f"按预测起点所在年份；全部序列（各序列权重相同）、各期增量、与{truth}实际值相比"
    truth = "as first published" if live else "as known today"
    return (
        "By the year in which the forecast was made; all series, each counting the same, increments, "
        f"against the truth {truth}"
    )


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows = [r for r in rows_of(frame, COLUMNS, "forecast-scorecard") if r["coverage_80"] is not None]
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


def _model(code: str, language: Language) -> str:
    names = {
        "combination": ("combination", "组合预测"),
        "seasonal_naive": ("seasonal naive", "季节性朴素"),
        "naive": ("naive", "朴素"),
        "drift": ("drift", "漂移"),
        "exponential_smoothing": ("exponential smoothing", "指数平滑"),
        "level_shift": ("level shift", "水平跃迁"),
        "last_value": ("last value", "末值"),
        "pace_linear": ("pace, linear", "增速（线性）"),
        "pace_ratio": ("pace, ratio", "增速（比率）"),
        "gompertz": ("Gompertz", "Gompertz"),
        "logistic": ("logistic", "逻辑斯蒂"),
        "arima": ("ARIMA", "ARIMA"),
        "theta": ("theta", "Theta"),
    }
    english, chinese = names.get(code, (code.replace("_", " "), code.replace("_", " ")))
    return chinese if language == "zh" else english


def finding(rows: Sequence[Row], language: Language) -> tuple[str, str]:
    """What share of truths the 80 % interval held in each year, and in how many the error was smaller.

    Years are not averaged: the mart weighs series, and an average of its means is none of its numbers.
    """
    zh = language == "zh"
    own = _of(rows, COMBINATION) or list(rows)
    total = sum(r["forecasts"] for r in own)
    low, high = (pick(100 * r["coverage_80"] for r in own) for pick in (min, max))
    between = f"{low:.0f}%" if round(low) == round(high) else f"{low:.0f}%–{high:.0f}%"
    if zh:
        head = f"80%区间{'每年' if len(own) > 1 else ''}实际容纳了{between}的实际值"
    else:
        head = f"The 80% intervals held {between} of what came{', by year' if len(own) > 1 else ''}"
    backtest = rows[0]["basis"] == "backtest"
    which = ("回测" if backtest else "实际预测") if zh else ("backtests" if backtest else "live forecasts")
    deck = f"{which}共{total:,.0f}个预测" if zh else f"{total:,.0f} {which}"
    scored = [r["relative_crps"] for r in own if r["relative_crps"] is not None]
    if scored:
        better = sum(error < 1 for error in scored)
        deck += (
            f"；组合预测的误差在{len(scored)}年中有{better}年小于季节性朴素预测"
            if zh
            else f"; the combination's error was smaller than the seasonal naive one's in {better} of "
            f"{len(scored)} years"
        )
    return head, deck


def _notes(rows: Sequence[Row], language: Language) -> list[str]:
    backtest = rows[0]["basis"] == "backtest"
    if language == "zh":
        return [
            "读法：左图中，线贴近同色虚线即为校准良好；在其上为区间过宽，在其下为过窄。右图低于1即优于“与去年同期相同”。"
            + ("回测：以过去某日已公布的数据重新做的预测，不是当时公布的预测。" if backtest else ""),
        ]
    return [
        "How to read: on the left a line near the dashed one of its colour is well calibrated; above it "
        "the intervals are too wide, "
        "below too narrow. On the right, under 1 is better than repeating the same period of the year before. "
        + (
            "Backtest: made anew from what had been issued by a past day; nobody published it then."
            if backtest
            else ""
        ),
    ]


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


def _skill_labels(
    rows: Sequence[Row], models: Sequence[str], language: Language, theme: Theme
) -> list[Label]:
    found = []
    own = _scored(rows, COMBINATION)
    if own:
        found.append(
            Label(
                own[-1]["relative_crps"],
                _model(COMBINATION, language),
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
        if mine and mine[-1]["origin_year"] == last and mine[-1]["relative_crps"] <= 3:
            found.append(
                Label(
                    mine[-1]["relative_crps"],
                    _model(model, language),
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
    top = min(max([*values, 1.2]) * 1.08, 3.0)
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
