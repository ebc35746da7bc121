"""Road-test kilometres of Baidu and Pony.ai in Beijing and of Waymo and Cruise in California."""
# The 2024 report drew this as one winner and one loser. What was published does not carry that, so the picture
# keeps each bound: a line where a figure was printed, a band where only limits are known, and an arrow where
# there is no upper limit. Where the scope of a series changes, no figures are joined across the change.

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleetstats.charts.beijing_vs_california import marks, sentences
from fleetstats.charts.beijing_vs_california.sentences import ABOUT
from fleetstats.charts.beijing_vs_california.series import (
    COLUMNS,
    Point,
    Series,
    exact_first,
    points_of,
    series_of,
)
from fleetstats.charts.labels import draw_labels, height_of, room_for
from fleetstats.charts.page import empty_picture, page, source_notes
from fleetstats.charts.style import LIGHT, PLOT_HEIGHT, Provenance, Theme, applied
from fleetstats.core.words import Words

__all__ = ["ABOUT", "COLUMNS", "ENDS", "QUERY", "describe", "draw"]

ENDS = "through"

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

QUERY = """
select
    c.fleet, o.name_en as fleet_en, o.name_zh as fleet_zh, c.region,
    c.scope, s.title_en as scope_en, s.title_zh as scope_zh,
    c.convention, c.year, c.through, c.km, c.km_low, c.km_high, c.km_high_bound, c.bound
from beijing_vs_california as c
left join operator as o on o.operator = c.fleet
left join scope as s on s.scope = c.scope
""".strip()


def draw(frame: pd.DataFrame, *, words: Words, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: the columns of `COLUMNS`, one row per fleet, scope, convention and year, in km.

    Distances may be decimals or floats; null is not known. `fleet_en`, `fleet_zh`, `scope_en` and `scope_zh`
    are the printed names; without them the codes are printed. Nothing is read or written.
    """
    points = points_of(frame)
    with applied(theme):
        if not points:
            return empty_picture(ABOUT, words, provenance, theme)
        series = _drawn(points, theme)
        labels = [label for one in series for label in marks.labels_of(one, words)]
        headline, deck = sentences.finding(points, words)
        figure, axes = page(
            headline,
            deck,
            sentences.subtitle(series, words),
            [*sentences.notes(points, series, words), *source_notes(provenance, words)],
            theme=theme,
            right=room_for(labels),
            plot=max(PLOT_HEIGHT, height_of(labels)),
            headroom=34.0 if any(one.breaks for one in series) else 10.0,
        )
        figure.set_label(sentences.title(points, words))
        marks.set_axes(axes, series, words)
        marks.draw_breaks(axes, series, words, theme)
        for one in series:
            marks.draw_bands(axes, one, theme)
            marks.draw_line(axes, one, theme)
        draw_labels(axes, labels)
        marks.draw_remarks(axes, series, words)
        return figure


def describe(frame: pd.DataFrame, words: Words) -> str:
    """The same in sentences."""
    points = points_of(frame)
    return sentences.describe(points, _drawn(points, LIGHT), words) if points else ""


def _drawn(points: Sequence[Point], theme: Theme) -> list[Series]:
    """The series under the one convention that is drawn."""
    convention = min((p.convention for p in points), key=exact_first)
    return series_of([p for p in points if p.convention == convention], theme)
