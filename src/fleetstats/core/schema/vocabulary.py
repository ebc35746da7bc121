"""Closed lists of values, and which ledgers are chained."""

from __future__ import annotations

BOUNDS = ("exact", "at_least", "at_most", "between", "approximate", "derived")


CONFIDENCES = ("high", "medium", "derived", "unsourced")
"""How good the evidence for a figure is that is used as one, the best first."""


INITIATED_BY = ("av_system", "test_driver", "remote_operator", "passenger", "other")


LOCATIONS = (
    "interstate",
    "freeway",
    "highway",
    "rural_road",
    "street",
    "parking_facility",
    "other",
)


DRIVERS = ("in_vehicle", "remote", "none", "consumer", "other", "unknown")


VERDICTS = (
    "supported",
    "contradicted",
    "held",
    "missed",
    "open",
    "plausible_not_provable",
    "not_checkable",
)


CHAINED = ("forecast", "forecast_score", "backtest_score")
"""Ledgers whose every row carries a hash over the row before it."""
