"""Core tables of NHTSA's crash reports."""

from __future__ import annotations

from fleetstats.core.schema.tables.of_fields import table

TABLES = (
    table(
        "nhtsa_incident_month",
        "core",
        "NHTSA: crash reports and incidents of one reporting entity in one month, as one filing has them.",
        "filing operator scope state? driver month? mileage_scope? reason? reports incidents incidents_shared "
        "incidents_injury original_sha256",
        key="filing operator state driver month",
        sources="nhtsa_sgo",
    ),
    table(
        "nhtsa_report",
        "core",
        "NHTSA: one record, one version of one crash report, without its narrative.",
        "filing record report_id report_version latest_version operator entity_printed report_type month? "
        "incident? state? driver engaged_printed? severity_printed?",
        key="filing record",
        sources="nhtsa_sgo",
        optional=True,
    ),
)
