"""Ledgers: appended by every run, carried from publication to publication."""

from __future__ import annotations

from fleetstats.core.schema.tables.of_fields import table

_SERIES = "series operator scope measure unit frequency"
_SCORED = (
    "horizon target_period target_end quantity truth_basis truth_value truth_bound truth_issued_on "
    "forecast_mean median absolute_error scaled_error? crps scaled_crps? inside_50 inside_80 inside_95"
)

TABLES = (
    table(
        "publication",
        "ledger",
        "One row per run that published.",
        "publication_id run_id event published_at fingerprint as_of? code_version rows warnings",
        key="run_id",
    ),
    table(
        "check_result",
        "ledger",
        "One row per run and expectation.",
        "run_id table_name expectation column_name? arguments severity success observed?",
        key="run_id table_name expectation column_name arguments",
    ),
    table(
        "audited_table",
        "ledger",
        "One row per run and table that it audited: what the table held then.",
        "run_id table_name row_count content_checksum expectations_sha256",
        key="run_id table_name",
    ),
    table(
        "filing_account",
        "ledger",
        "One row per run and filing: where its records went.",
        "run_id filing read_as sha256 records_read records_loaded records_rejected records_blank "
        "records_corrected records_superseded? records_dropped?",
        key="run_id filing",
    ),
    table(
        "revision",
        "ledger",
        "One row per published figure that is new, changed or removed against the publication before.",
        "run_id publication_id publication_before table_name figure_key column_name operator? scope? change "
        "old_value? new_value? difference? percent? old_bound? new_bound? filings verdict",
        key="run_id table_name figure_key column_name",
    ),
    table(
        "run_event",
        "ledger",
        "One row per notice: a step or run that failed, was late or recovered; a source that is overdue, or no more.",
        "run_id happened_at event dag? task? scheduler_run? message delivery?",
        key="run_id task",
    ),
    table(
        "backfill",
        "ledger",
        "One row per past vintage that somebody asked for: who, why, and what became of it.",
        "run_id happened_at requested_by reason vintage outcome publication_id",
        key="run_id vintage",
    ),
    table(
        "forecast",
        "ledger",
        "One row per forecast number: series, model, target period, quantity, output type and level.",
        f"sequence run_id publication_id {_SERIES} origin model horizon target_period target_end quantity "
        "output_type level? threshold? forecast_value imputed? lower_bounds? inputs_sha256 code_version "
        "parameters_sha256 seed made_at row_sha256",
        key="sequence",
    ),
    table(
        "forecast_score",
        "ledger",
        "One row per forecast of one target period that has become known, and truth it is compared with.",
        f"sequence run_id forecast_run_id publication_id {_SERIES} origin model {_SCORED} code_version "
        "scored_at row_sha256",
        key="sequence",
    ),
    table(
        "backtest_score",
        "ledger",
        "One row per forecast that would have been made on a past day from what had been issued by then.",
        f"sequence run_id {_SERIES} origin as_of model {_SCORED} code_version seed scored_at row_sha256",
        key="sequence",
    ),
)
