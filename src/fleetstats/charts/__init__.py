"""One pure function per chart, from a frame to a Figure, and the registry of them all; imports `core` only."""
# Nothing heavy is imported before something is drawn, so the command line and a DAG may import this freely.

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from fleetstats.charts import (
    beijing_vs_california,
    bev_quarterly,
    claims,
    coverage,
    disengagement_rate,
    forecast_scorecard,
    mileage_cumulative,
    mileage_quarterly,
    noa_chips,
    orders,
    robotaxi_trips,
)
from fleetstats.charts.style import LIGHT, THEMES, Provenance, Theme, ThemeName
from fleetstats.core.words import Message, Words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = [
    "CHARTS",
    "THEMES",
    "Chart",
    "Describe",
    "Draw",
    "Provenance",
    "Theme",
    "ThemeName",
]


class Draw(Protocol):
    """Tidy frame in, figure out: nothing is read, written or changed."""

    def __call__(
        self, frame: pd.DataFrame, *, words: Words, provenance: Provenance, theme: Theme = LIGHT
    ) -> Figure: ...


class Describe(Protocol):
    """The same frame in words, for those who do not see the picture; empty where there is nothing to see."""

    def __call__(self, frame: pd.DataFrame, words: Words) -> str: ...


class Module(Protocol):
    """What the module of a chart has."""

    ABOUT: Message
    QUERY: str
    COLUMNS: list[str]
    ENDS: str

    @property
    def draw(self) -> Draw:
        """The chart."""

    @property
    def describe(self) -> Describe:
        """Its words."""


@dataclass(frozen=True)
class Chart:
    """A chart: its public name, what it is about (its title on the picture says what was found), the SQL that gives
    its frame, and its functions.

    `ends` is the frame's column that says when a row's period ends (or begins, where rows are whole months or
    quarters): rows after the quarter described are left out; where it is empty none are. `columns` are those
    that the frame has to have.
    `sources` are named where the marts rest on more than the chart shows.
    """

    name: str
    about: Message
    query: str
    ends: str
    columns: tuple[str, ...]
    draw: Draw
    describe: Describe
    sources: tuple[str, ...] = ()

    def sql(self, until: date | None) -> str:
        """The query, with nothing that lies after `until`."""
        if until is None or not self.ends:
            return self.query
        # Names are this module's own, and a date has no quotation marks
        return f"select * from (\n{self.query}\n) as drawn where {self.ends} <= date '{until.isoformat()}'"  # noqa: S608 - see above


def _chart(name: str, module: Module) -> Chart:
    return Chart(
        name=name,
        about=module.ABOUT,
        query=module.QUERY,
        ends=module.ENDS,
        columns=tuple(module.COLUMNS),
        draw=module.draw,
        describe=module.describe,
        sources=tuple(getattr(module, "SOURCES", ())),
    )


CHARTS: dict[str, Chart] = {
    chart.name: chart
    for chart in (
        _chart("beijing-vs-california", beijing_vs_california),
        _chart("mileage-cumulative", mileage_cumulative),
        _chart("mileage-quarterly", mileage_quarterly),
        _chart("disengagement-rate", disengagement_rate),
        _chart("orders", orders),
        _chart("robotaxi-trips", robotaxi_trips),
        _chart("bev-quarterly", bev_quarterly),
        _chart("noa-chips", noa_chips),
        _chart("forecast-scorecard", forecast_scorecard),
        _chart("claims", claims),
        _chart("coverage", coverage),
    )
}
