"""Cross-checks: tables of all pairs compared."""

from __future__ import annotations

from fleetstats.core.schema.tables.of_fields import table

TABLES = tuple(
    table(
        name,
        "crosscheck",
        describes,
        "filing? operator scope? subject left_value right_value difference tolerance unexplained reason?",
        key="filing operator scope subject",
        optional=optional,
    )
    for name, describes, optional in (
        (
            "crosscheck_events",
            "Events of the disengagement filing against the count printed in the mileage filing.",
            False,
        ),
        (
            "crosscheck_months",
            "Months of one filer against its printed annual total, in miles.",
            False,
        ),
        (
            "crosscheck_vehicle_months",
            "Months of one vehicle record against its printed annual total, in miles.",
            True,
        ),
        (
            "crosscheck_month_set",
            "Months that a filer has against the months of the filing's period.",
            False,
        ),
        (
            "crosscheck_cumulative",
            "A cumulative figure against the one before it: it never falls.",
            False,
        ),
        (
            "crosscheck_figures",
            "The published figure of a cell against every other figure of the same cell.",
            False,
        ),
        (
            "crosscheck_accounts",
            "Records read of each filing against those loaded, superseded, rejected and blank.",
            False,
        ),
        (
            "crosscheck_reported",
            "Annual totals of the DMV's files against the same totals as quoted elsewhere.",
            False,
        ),
    )
)
