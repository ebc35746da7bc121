"""Tables of the trips of a city that there is not."""

from __future__ import annotations

from fleetstats.core.schema.tables.of_fields import mart, table

TABLES = (
    table(
        "toy_month",
        "core",
        "Trips of one operator in one month, as one filing has them.",
        "filing record operator scope month orders note?",
        key="filing operator month",
        sources="toy_trips",
    ),
    mart(
        "toy_monthly",
        "Trips of one operator in one month.",
        "operator scope month orders bound",
        key="operator scope month",
        figures="orders",
        ends="month",
    ),
)
