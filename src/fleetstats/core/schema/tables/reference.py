"""Reference tables: reviewed data as loaded."""

from __future__ import annotations

from fleetstats.core.schema.tables.of_fields import table

TABLES = (
    table(
        "source",
        "reference",
        "One row per source.",
        "source title_en title_zh publisher publisher_zh homepage? licence cadence",
        key="source",
    ),
    table(
        "filing",
        "reference",
        "One row per filing of this vintage.",
        "filing source edition publisher title url? licence period_start period_end issued_on "
        "issued_on_estimated retrieved_on withdrawn_on? status supersedes? in_force sha256 size_bytes "
        "original_sha256? notes?",
        key="filing",
    ),
    table(
        "filing_vintage",
        "reference",
        "One row per filing and stretch of days on which it was in force, or withdrawn without another in force.",
        "filing chain state_known known_from known_to?",
        key="filing known_from",
    ),
    table(
        "operator",
        "reference",
        "One row per operator, vendor or other party.",
        "operator kind name_en name_zh? country? note?",
        key="operator",
    ),
    table(
        "operator_name",
        "reference",
        "One row per permit or spelling that leads to an operator.",
        "kind value_text operator note?",
        key="kind value_text",
    ),
    table(
        "scope",
        "reference",
        "One row per scope: what its numbers count.",
        "scope title_en title_zh counts",
        key="scope",
    ),
    table(
        "known_gap",
        "reference",
        "One row per figure or filing that is known to be missing, and why.",
        "source operator? scope? measure? period period_start period_end status reason document?",
        key="source operator scope measure period_start period_end",
    ),
    table(
        "known_difference",
        "reference",
        "One row per difference between two published figures that was looked into and stays.",
        "check_name filing operator record? difference reason",
        key="check_name filing operator record",
    ),
    table(
        "known_double_count",
        "reference",
        "One row per thing that two filings have, or seem to have, and what was decided.",
        "filing operator permit scope month measure value other_filing decision reason",
        key="filing permit month measure",
    ),
    table(
        "correction",
        "reference",
        "One row per record that a reviewed correction touched.",
        "filing addresses record action column_name? printed? used? reason correction_evidence publisher_told",
        key="filing addresses record column_name",
    ),
    table(
        "poisson_limit",
        "reference",
        "Exact limits of the expected number for each number of events that occurs.",
        "events lower upper",
        key="events",
    ),
)
