"""Numbers that a statistician chose, each with its one home."""

from __future__ import annotations

from decimal import Decimal

CONFIDENCE_LEVEL = Decimal("0.95")
"""How often the limits of a rate hold the true one; two-sided limits leave half of the rest on each side."""

OUTSIDE = float((1 - CONFIDENCE_LEVEL) / 2)
"""How often the true one would lie beyond either of two limits."""

CONFIDENCE_PERCENT = f"{float(100 * CONFIDENCE_LEVEL):g}"
"""The same as readers read it, without its sign."""

INTERVALS = (50, 80, 95)
"""The central intervals by which forecasts are scored, in percent. Columns of the ledgers are named after them."""

JUDGED_INTERVAL = 80
"""The one of them by which it is said whether forecasts keep what they promise."""

INNER_INTERVAL, OUTER_INTERVAL = 50, 95
"""Those that a fan shows."""

EARLY, LATE = 10, 90
"""In how many cases of a hundred a threshold is passed by the early and by the late period that are named."""
