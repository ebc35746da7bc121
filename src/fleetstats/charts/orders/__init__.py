"""Apollo Go's orders per quarter and in all, with what was published, what is forecast, and the ten millions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetstats.charts.axes import panel_title
from fleetstats.charts.orders import marks, sentences
from fleetstats.charts.orders.rows import COLUMNS, has_figures, rows_in_order
from fleetstats.charts.orders.sentences import ABOUT
from fleetstats.charts.page import empty_picture, page, side_by_side, source_notes
from fleetstats.charts.style import LIGHT, Provenance, Theme, applied
from fleetstats.core.words import Words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["ABOUT", "COLUMNS", "ENDS", "QUERY", "SOURCES", "describe", "draw"]

QUERY = """
select
    'quarter' as kind, quarter_start as day, quarter_start as ends, cast(orders as double precision) as orders,
    bound, confidence, cast(null as double precision) as low_50, cast(null as double precision) as high_50,
    cast(null as double precision) as low_95, cast(null as double precision) as high_95,
    cast(null as double precision) as probability
from orders_quarterly
where operator = 'baidu' and scope = 'public_rides'
union all
select
    basis as kind, as_of as day, as_of as ends, cast(orders as double precision) as orders, bound,
    case when contains_unsourced then 'unsourced' else 'high' end as confidence,
    null as low_50, null as high_50, null as low_95, null as high_95, null as probability
from orders_cumulative
where operator = 'baidu' and scope = 'public_rides'
union all
select
    quantity as kind, target_end as day, origin as ends, median as orders, 'between' as bound, model as confidence,
    low_50, high_50, low_95, high_95, null as probability
from order_forecast
where operator = 'baidu' and scope = 'public_rides' and frequency = 'Q' and model = 'combination'
union all
select
    'threshold' as kind, target_end as day, origin as ends, cast(threshold as double precision) as orders,
    'between' as bound, model as confidence, null as low_50, null as high_50, null as low_95, null as high_95,
    probability
from threshold_forecast
where operator = 'baidu' and scope = 'public_rides' and frequency = 'Q' and model = 'combination'
""".strip()

ENDS = "ends"
SOURCES = ("robotaxi_orders",)


def draw(frame: pd.DataFrame, *, words: Words, provenance: Provenance, theme: Theme = LIGHT) -> Figure:
    """The chart of `frame`: figures of quarters, running totals, and forecasts of both."""
    rows = rows_in_order(frame)
    with applied(theme):
        if not has_figures(rows):
            return empty_picture(ABOUT, words, provenance, theme)
        headline, deck = sentences.finding(rows, words)
        figure, axes = page(
            headline,
            deck,
            words.say("Rides to the public; each quarter on the left, the running total on the right"),
            [*sentences.notes(rows, words), *source_notes(provenance, words)],
            theme=theme,
            headroom=30.0,
            right=8.0,
        )
        left, right = side_by_side(figure, axes, [1.0, 1.0], [10.0, 8.0], theme=theme)
        panel_title(left, words.say("Each quarter"), theme)
        panel_title(right, words.say("Running total"), theme)
        marks.draw_quarters(left, rows, words, theme)
        marks.draw_total(right, rows, words, theme)
        return figure


def describe(frame: pd.DataFrame, words: Words) -> str:
    """The same in words."""
    rows = rows_in_order(frame)
    return sentences.describe(rows, words) if has_figures(rows) else ""
