"""The digest form of mileage reports, and the form of those that a person typed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from fleetstats.core.periods import month_end
from fleetstats.core.schema.arrow import rows_to_table
from fleetstats.core.units import mi_to_km, parse_count, parse_distance
from fleetstats.sources.cadmv.digest import (
    PUBLISHER,
    Transcription,
    count_or_none,
    month_of,
    read_digest_rows,
    unreadable_row,
)
from fleetstats.sources.cadmv.forms import edition_of
from fleetstats.sources.digest_csv import write_table_csv
from fleetstats.sources.staged import Context, Staged

_DIGEST_COLUMNS = (
    "table operator permit scope month report_year period_start period_end distance_mi distance_mi_high "
    "bound vehicles vehicles_masked disengagements rows rows_from_months reference original_sha256"
).split()


_TRANSCRIBED = Transcription(
    required=("permit", "distance_mi", "reference"),
    optional=(
        "operator", "scope", "month", "report_year", "period_start", "period_end", "distance_mi_high", "bound",
        "vehicles", "vehicles_masked", "disengagements", "confidence",
    ),
)  # fmt: skip
"""The columns of figures that a person typed: a month, or a report year with its period, in every row."""


def digest(staged: Staged) -> bytes:
    """The figures of an original as the CSV bytes of its digest."""
    filers = [
        {
            **row,
            "table": "filer",
            "distance_mi": row["annual_mi"],
            "distance_mi_high": row["annual_mi_high"],
        }
        for row in staged.tables["cadmv_mileage_filer"].to_pylist()
    ]
    months = [
        # A month of a publisher's file is exact, and a digest has only those
        {**row, "table": "month", "distance_mi": row["distance_mi_reported"], "bound": None}
        for row in staged.tables["cadmv_mileage_month"].to_pylist()
    ]
    return write_table_csv(_DIGEST_COLUMNS, filers + months)


def read_digest(context: Context) -> Staged:
    """Read a digest or a transcription into cadmv_mileage_filer and, where it has months, cadmv_mileage_month.

    Miles as they stand there, kilometres exact. Raises `BadInput` as `read_digest_rows`, and for a cell that means
    nothing.
    """
    staged = Staged(context.held.filing.id)
    filers: list[dict[str, Any]] = []
    months: list[dict[str, Any]] = []
    for row in read_digest_rows(context, _DIGEST_COLUMNS, staged, _TRANSCRIBED):
        common = {
            "filing": staged.filing,
            "bound": row["bound"] or "exact",
            "confidence": row["confidence"] or PUBLISHER,
            "reference": row["reference"] or None,
            "corrected": row["corrected"] or None,
            **{name: row[name] for name in ("operator", "permit", "scope")},
            "original_sha256": row["original_sha256"] or None,
        }
        try:
            miles = parse_distance(row["distance_mi"])
            if row["table"] == "month":
                months.append(
                    {
                        **common,
                        "month": month_of(row["month"]),
                        "distance_mi_reported": miles,
                        "distance_km": mi_to_km(miles),
                        "vehicles": count_or_none(row["vehicles"]),
                        "vehicles_masked": count_or_none(row["vehicles_masked"]),
                    }
                )
                continue
            high = parse_distance(row["distance_mi_high"]) if row["distance_mi_high"] else None
            filers.append(
                {
                    **common,
                    "report_year": parse_count(row["report_year"]),
                    "period_start": date.fromisoformat(row["period_start"]),
                    "period_end": date.fromisoformat(row["period_end"]),
                    "annual_mi": miles,
                    "annual_mi_high": high,
                    "annual_km": mi_to_km(miles),
                    "annual_km_high": None if high is None else mi_to_km(high),
                    "disengagements": count_or_none(row["disengagements"]),
                    "rows": parse_count(row["rows"] or "1"),
                    "rows_from_months": parse_count(row["rows_from_months"] or "0"),
                }
            )
        except ValueError as error:
            raise unreadable_row(context, row, error) from error
    if context.held.filing.status == "transcribed":
        filers += _totals_of(months, filers, context)
    staged.tables["cadmv_mileage_filer"] = rows_to_table("cadmv_mileage_filer", filers)
    if months:
        staged.tables["cadmv_mileage_month"] = rows_to_table("cadmv_mileage_month", months)
    return staged


def _totals_of(
    months: list[dict[str, Any]], filers: list[dict[str, Any]], context: Context
) -> list[dict[str, Any]]:
    """The totals of permits of which a transcription has months and no total: the sum of the months."""
    told = {row["permit"] for row in filers}
    found = []
    for permit in sorted({row["permit"] for row in months} - told):
        mine = [row for row in months if row["permit"] == permit]
        last = max(row["month"] for row in mine)
        miles = sum((row["distance_mi_reported"] for row in mine), Decimal(0))
        bounds = {row["bound"] for row in mine}
        found.append(
            {
                **{
                    key: mine[0][key]
                    for key in ("filing", "operator", "permit", "scope", "confidence", "reference")
                },
                "report_year": edition_of(context).report_year,
                "period_start": min(row["month"] for row in mine),
                "period_end": month_end(last.year, last.month),
                "annual_mi": miles,
                "annual_mi_high": None,
                "annual_km": mi_to_km(miles),
                "annual_km_high": None,
                "bound": bounds.pop() if len(bounds) == 1 else "approximate",
                "disengagements": None,
                "rows": 0,
                "rows_from_months": len(mine),
                "original_sha256": None,
                "corrected": None,
            }
        )
    return found
