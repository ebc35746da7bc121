"""Market figures read beside the fleets: battery-electric deliveries, chips, penetration rates."""

from __future__ import annotations

from fleetstats.sources.published_figures import read_figures
from fleetstats.sources.staged import Context, Staged

SOURCE = "market_figures"


def read(context: Context) -> Staged:
    """Read one filing into published_figure; see `figures.read_figures`."""
    return read_figures(context)
