"""Claims, and what the program finds of them in the marts."""

from __future__ import annotations

from fleetstats.core.schema.tables.of_fields import table

TABLES = (
    table(
        "claim",
        "reference",
        "One row per claim that is reviewed, in our own words.",
        "claim claim_number kind made_on made_on_estimated due_on? accuracy_mark? statement_en statement_zh",
        key="claim",
    ),
    table(
        "claim_finding",
        "finding",
        "One row per claim: what its test found in this warehouse.",
        "claim verdict sentence_en sentence_zh evidence missing_en? missing_zh?",
        key="claim",
    ),
    table(
        "claim_evidence",
        "finding",
        "One row per claim and figure that its verdict rests on.",
        "claim mart figure_key",
        key="claim mart figure_key",
    ),
)
