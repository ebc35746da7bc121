"""Robotaxi orders, rides and mileage: what operators and the CPUC publish."""

from __future__ import annotations

from fleetstats.sources.published_figures import read_figures
from fleetstats.sources.staged import Context, Staged

SOURCE = "robotaxi_orders"


def read(context: Context) -> Staged:
    """Read one filing into published_figure; see `figures.read_figures`."""
    return read_figures(context)
