"""Beijing road-test mileage: figures that the yearly reports and the press print."""

from __future__ import annotations

from fleetstats.sources.published_figures import read_figures
from fleetstats.sources.staged import Context, Staged

SOURCE = "bjrt_mileage"


def read(context: Context) -> Staged:
    """Read one filing into published_figure; see `figures.read_figures`."""
    return read_figures(context)
