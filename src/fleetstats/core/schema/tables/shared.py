"""Core tables that several sources fill."""

from __future__ import annotations

from fleetstats.core.schema.tables.of_fields import table

TABLES = (
    table(
        "published_figure",
        "core",
        "One figure as one page printed it (or as derived, or unsourced: see confidence).",
        "figure source filing record operator scope area? measure segment? region? category? period? "
        "period_start? period_end? as_of? value? unit distance_km? bound confidence status? preference "
        "choice_reason? issued_on issued_on_estimated printed? title_printed? url? published_on? "
        "derived_from? note? corrected?",
        key="filing figure",
    ),
    table(
        "record_hash",
        "core",
        "Hashes of one keyed record's cells, which tell of changes between editions.",
        "filing record_key hash_figures hash_text hash_other",
        key="filing record_key",
    ),
    table(
        "rejected_row",
        "core",
        "One row per record that was set aside instead of loaded, and why.",
        "filing record reason expected source_text",
        key="filing record",
    ),
)
