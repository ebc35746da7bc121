"""Core tables of the California DMV's reports."""

from __future__ import annotations

from dataclasses import replace

from fleetstats.core.schema.tables.of_fields import table

TABLES = (
    replace(
        table(
            "cadmv_mileage_month",
            "core",
            "California DMV: miles of one permit in one month, as one filing reports them.",
            "filing operator permit scope month distance_mi_reported distance_km bound vehicles? vehicles_masked? "
            "confidence reference? original_sha256? corrected?",
            key="filing permit month",
            sources="cadmv_mileage",
        ),
        miles=("distance_mi_reported",),
        in_marts={"distance_mi_cumulative": "distance_mi_reported"},
    ),
    replace(
        table(
            "cadmv_mileage_filer",
            "core",
            "California DMV: annual totals of one permit, as one filing prints them.",
            "filing operator permit scope report_year period_start period_end annual_mi annual_mi_high? "
            "annual_km annual_km_high? bound disengagements? rows rows_from_months confidence reference? "
            "original_sha256? corrected?",
            key="filing permit",
            sources="cadmv_mileage",
        ),
        miles=("annual_mi", "annual_mi_high"),
        in_marts={"distance_mi_reported": "annual_mi", "km_high": "annual_km_high"},
    ),
    table(
        "cadmv_event_count",
        "core",
        "California DMV: disengagement events of one permit and month, by initiator and location.",
        "filing operator permit scope month initiated_by location events confidence reference? original_sha256? "
        "corrected?",
        key="filing permit month initiated_by location",
        sources="cadmv_disengagement",
    ),
    table(
        "cadmv_vehicle_report",
        "core",
        "California DMV: one record of a mileage file, one vehicle.",
        "filing record operator permit scope vin vin_masked annual_mi? months_mi disengagements corrected?",
        key="filing record",
        sources="cadmv_mileage",
        optional=True,
    ),
    table(
        "cadmv_vehicle_month",
        "core",
        "California DMV: miles of one record of a mileage file in one month.",
        "filing record operator permit scope vin vin_masked month distance_mi_reported distance_km cell_blank corrected?",
        key="filing record month",
        sources="cadmv_mileage",
        optional=True,
    ),
    table(
        "cadmv_event",
        "core",
        "California DMV: one disengagement. Equal rows are separate events.",
        "filing record operator permit scope event_on month vin capable_without_driver? driver_present? "
        "initiated_by initiated_by_printed location location_printed description? corrected?",
        key="filing record",
        sources="cadmv_disengagement",
        optional=True,
    ),
)
