"""The field dictionary: every column once, and every table that is published.

A column name means the same quantity in the same unit in every table. From here come the frames' types,
the databases' tables with their comments, the exact column sets of the checks, and the data dictionary.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass
from fleetstats.core.schema.fields import FIELDS
from fleetstats.core.schema.model import Kind, Table


def _table(name: str, kind: Kind, describes: str, columns: str, *, key: str, optional: bool = False) -> Table:
    """A table of the fields named in `columns`; a `?` behind a name allows nulls."""
    fields = tuple(
        replace(FIELDS[word.removesuffix("?")], nullable=word.endswith("?")) for word in columns.split()
    )
    return Table(name, kind, describes, fields, tuple(key.split()), optional)


_SERIES = "series operator scope measure unit frequency"


_SCORED = (
    "horizon target_period target_end quantity truth_basis truth_value truth_bound truth_issued_on "
    "forecast_mean median absolute_error scaled_error? crps scaled_crps? inside_50 inside_80 inside_95"
)


_EVIDENCE = "bound confidence issued_on issued_on_estimated title_printed? url?"


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        # Reference: reviewed data as loaded
        _table(
            "source",
            "reference",
            "One row per source.",
            "source title_en title_zh publisher publisher_zh homepage? licence cadence",
            key="source",
        ),
        _table(
            "filing",
            "reference",
            "One row per filing of this vintage.",
            "filing source edition publisher title url? licence period_start period_end issued_on "
            "issued_on_estimated retrieved_on withdrawn_on? status supersedes? in_force sha256 size_bytes "
            "original_sha256? notes?",
            key="filing",
        ),
        _table(
            "filing_vintage",
            "reference",
            "One row per filing and stretch of days on which it was in force, or withdrawn without another in force.",
            "filing chain state_known known_from known_to?",
            key="filing known_from",
        ),
        _table(
            "operator",
            "reference",
            "One row per operator, vendor or other party.",
            "operator kind name_en name_zh? country? note?",
            key="operator",
        ),
        _table(
            "operator_name",
            "reference",
            "One row per permit or spelling that leads to an operator.",
            "kind value_text operator note?",
            key="kind value_text",
        ),
        _table(
            "scope",
            "reference",
            "One row per scope: what its numbers count.",
            "scope title_en title_zh counts",
            key="scope",
        ),
        _table(
            "known_gap",
            "reference",
            "One row per figure or filing that is known to be missing, and why.",
            "source operator? scope? measure? period period_start period_end status reason",
            key="source operator scope measure period_start period_end",
        ),
        _table(
            "known_difference",
            "reference",
            "One row per difference between two published figures that was looked into and stays.",
            "check_name filing operator record? difference reason",
            key="check_name filing operator record",
        ),
        _table(
            "known_double_count",
            "reference",
            "One row per thing that two filings have, or seem to have, and what was decided.",
            "filing operator permit scope month measure value other_filing decision reason",
            key="filing permit month measure",
        ),
        _table(
            "correction",
            "reference",
            "One row per record that a reviewed correction touched.",
            "filing addresses record action column_name? printed? used? reason correction_evidence publisher_told",
            key="filing addresses record column_name",
        ),
        _table(
            "poisson_limit",
            "reference",
            "Exact limits of the expected number for each number of events that occurs.",
            "events lower upper",
            key="events",
        ),
        # Core: what the filings say
        _table(
            "cadmv_mileage_month",
            "core",
            "California DMV: miles of one permit in one month, as one filing reports them.",
            "filing operator permit scope month distance_mi_reported distance_km vehicles vehicles_masked "
            "original_sha256 corrected?",
            key="filing permit month",
        ),
        _table(
            "cadmv_mileage_filer",
            "core",
            "California DMV: annual totals of one permit, as one filing prints them.",
            "filing operator permit scope report_year period_start period_end annual_mi annual_mi_high? "
            "annual_km annual_km_high? bound disengagements? rows rows_from_months reference? original_sha256? corrected?",
            key="filing permit",
        ),
        _table(
            "cadmv_event_count",
            "core",
            "California DMV: disengagement events of one permit and month, by initiator and location.",
            "filing operator permit scope month initiated_by location events original_sha256 corrected?",
            key="filing permit month initiated_by location",
        ),
        _table(
            "cadmv_vehicle_report",
            "core",
            "California DMV: one record of a mileage file, one vehicle.",
            "filing record operator permit scope vin vin_masked annual_mi? months_mi disengagements corrected?",
            key="filing record",
            optional=True,
        ),
        _table(
            "cadmv_vehicle_month",
            "core",
            "California DMV: miles of one record of a mileage file in one month.",
            "filing record operator permit scope vin vin_masked month distance_mi_reported distance_km cell_blank corrected?",
            key="filing record month",
            optional=True,
        ),
        _table(
            "cadmv_event",
            "core",
            "California DMV: one disengagement. Equal rows are separate events.",
            "filing record operator permit scope event_on month vin capable_without_driver? driver_present? "
            "initiated_by initiated_by_printed location location_printed description? corrected?",
            key="filing record",
            optional=True,
        ),
        _table(
            "published_figure",
            "core",
            "One figure as one page printed it (or as derived, or unsourced: see confidence).",
            "figure source filing record operator scope area? measure segment? region? category? period? "
            "period_start? period_end? as_of? value? unit distance_km? bound confidence status? preference "
            "choice_reason? issued_on issued_on_estimated printed? title_printed? url? published_on? "
            "derived_from? note? corrected?",
            key="filing figure",
        ),
        _table(
            "nhtsa_incident_month",
            "core",
            "NHTSA: crash reports and incidents of one reporting entity in one month, as one filing has them.",
            "filing operator scope state? driver month? mileage_scope? reason? reports incidents incidents_shared "
            "incidents_injury original_sha256",
            key="filing operator state driver month",
        ),
        _table(
            "nhtsa_report",
            "core",
            "NHTSA: one record, one version of one crash report, without its narrative.",
            "filing record report_id report_version latest_version operator entity_printed report_type month? "
            "incident? state? driver engaged_printed? severity_printed?",
            key="filing record",
            optional=True,
        ),
        _table(
            "record_hash",
            "core",
            "Hashes of one keyed record's cells, which tell of changes between editions.",
            "filing record_key hash_figures hash_text hash_other",
            key="filing record_key",
        ),
        _table(
            "rejected_row",
            "core",
            "One row per record that was set aside instead of loaded, and why.",
            "filing record reason expected source_text",
            key="filing record",
        ),
        _table(
            "claim",
            "reference",
            "One row per claim that is reviewed, in our own words.",
            "claim claim_number kind made_on made_on_estimated due_on? accuracy_mark? statement_en statement_zh",
            key="claim",
        ),
        # Findings: what the program computes from the marts
        _table(
            "claim_finding",
            "finding",
            "One row per claim: what its test found in this warehouse.",
            "claim verdict sentence_en sentence_zh evidence missing_en? missing_zh?",
            key="claim",
        ),
        _table(
            "claim_evidence",
            "finding",
            "One row per claim and figure that its verdict rests on.",
            "claim mart figure_key",
            key="claim mart figure_key",
        ),
        # Ledgers: appended by every run, carried from publication to publication
        _table(
            "publication",
            "ledger",
            "One row per run that published.",
            "publication_id run_id event published_at fingerprint as_of? code_version rows warnings",
            key="run_id",
        ),
        _table(
            "check_result",
            "ledger",
            "One row per run and expectation.",
            "run_id table_name expectation column_name? arguments severity success observed?",
            key="run_id table_name expectation column_name arguments",
        ),
        _table(
            "filing_account",
            "ledger",
            "One row per run and filing: where its records went.",
            "run_id filing read_as sha256 records_read records_loaded records_rejected records_blank "
            "records_corrected records_superseded? records_dropped?",
            key="run_id filing",
        ),
        _table(
            "revision",
            "ledger",
            "One row per published figure that is new, changed or removed against the publication before.",
            "run_id publication_id publication_before table_name figure_key column_name operator? scope? change "
            "old_value? new_value? difference? percent? old_bound? new_bound? filings verdict",
            key="run_id table_name figure_key column_name",
        ),
        _table(
            "run_event",
            "ledger",
            "One row per failed step of a scheduled run, and per source found overdue.",
            "run_id happened_at event dag? task? scheduler_run? message",
            key="run_id task",
        ),
        _table(
            "backfill",
            "ledger",
            "One row per past vintage that somebody asked for: who, why, and what became of it.",
            "run_id happened_at requested_by reason vintage outcome publication_id",
            key="run_id vintage",
        ),
        _table(
            "forecast",
            "ledger",
            "One row per forecast number: series, model, target period, quantity, output type and level.",
            f"sequence run_id publication_id {_SERIES} origin model horizon target_period target_end quantity "
            "output_type level? threshold? forecast_value imputed? lower_bounds? inputs_sha256 code_version "
            "parameters_sha256 seed made_at row_sha256",
            key="sequence",
        ),
        _table(
            "forecast_score",
            "ledger",
            "One row per forecast of one target period that has become known, and truth it is compared with.",
            f"sequence run_id forecast_run_id publication_id {_SERIES} origin model {_SCORED} code_version "
            "scored_at row_sha256",
            key="sequence",
        ),
        _table(
            "backtest_score",
            "ledger",
            "One row per forecast that would have been made on a past day from what had been issued by then.",
            f"sequence run_id {_SERIES} origin as_of model {_SCORED} code_version seed scored_at row_sha256",
            key="sequence",
        ),
        # Marts: what analysts query
        _table(
            "figure_in_force",
            "mart",
            "One published figure of a filing in force; what the marts below choose from.",
            "source filing figure record operator scope area? measure segment? region? period? period_start? "
            "period_end? as_of? value? unit distance_km? bound confidence status? preference choice choice_reason? "
            "issued_on issued_on_estimated title_printed? url?",
            key="filing figure",
        ),
        _table(
            "mileage_monthly",
            "mart",
            "Distance of one operator and scope in one month (sum of its filings' months).",
            "operator scope month distance_km distance_mi_reported vehicles vehicles_masked bound",
            key="operator scope month",
        ),
        _table(
            "mileage_quarterly",
            "mart",
            "Distance of one operator and scope in one calendar quarter.",
            "operator scope quarter quarter_start months distance_km distance_mi_reported bound",
            key="operator scope quarter",
        ),
        _table(
            "mileage_cumulative",
            "mart",
            "Distance of one operator and scope from the first month held to this one.",
            "operator scope month distance_km_cumulative distance_mi_cumulative since months_held months_missing bound",
            key="operator scope month",
        ),
        _table(
            "mileage_report_year",
            "mart",
            "Printed annual total of one operator and scope in one report year.",
            "operator scope report_year period_start period_end distance_km distance_mi_reported km_high? "
            "disengagements? bound filing",
            key="operator scope report_year period_start",
        ),
        _table(
            "disengagement_monthly",
            "mart",
            "Disengagements of one operator and scope in one month, by initiator and location.",
            "operator scope month initiated_by location events bound",
            key="operator scope month initiated_by location",
        ),
        _table(
            "disengagement_rate",
            "mart",
            "Kilometres per disengagement of one operator, scope and report year, with its interval.",
            "operator scope report_year period_start period_end disengagements distance_km km_per_disengagement? "
            "km_per_disengagement_low km_per_disengagement_high? bound",
            key="operator scope report_year period_start",
        ),
        _table(
            "beijing_mileage",
            "mart",
            "Road-test distance in Beijing: one operator (or all), scope, area and period.",
            "operator scope area basis period_start? through km? km_low? km_high? km_high_bound? "
            + _EVIDENCE.replace("bound ", "bound scope_break ", 1),
            key="operator scope area basis period_start through",
        ),
        _table(
            "beijing_vs_california",
            "mart",
            "Cumulative distance of one fleet at the end of one year, under one unit convention.",
            "fleet region scope convention year through km? km_low? km_high? km_high_bound? bound",
            key="fleet scope convention year",
        ),
        _table(
            "orders_quarterly",
            "mart",
            "Orders of one operator and scope in one quarter.",
            "operator scope quarter quarter_start orders " + _EVIDENCE,
            key="operator scope quarter",
        ),
        _table(
            "orders_monthly",
            "mart",
            "Orders of one operator and scope in one month.",
            "operator scope month orders " + _EVIDENCE,
            key="operator scope month",
        ),
        _table(
            "orders_cumulative",
            "mart",
            "Orders of one operator and scope up to a day: as published, and as derived from quarters.",
            "operator scope as_of basis orders bound contains_unsourced contains_lower_bound issued_on",
            key="operator scope as_of basis",
        ),
        _table(
            "bev_quarterly",
            "mart",
            "Battery-electric deliveries of one company in one quarter.",
            "company measure segment period quarter_start value unit status? " + _EVIDENCE,
            key="company measure segment period",
        ),
        _table(
            "noa_chip_share",
            "mart",
            "Share of one vendor in one segment and period. Segments have different bases.",
            "vendor measure segment period period_start period_end value unit " + _EVIDENCE,
            key="vendor measure segment period",
        ),
        _table(
            "l2_penetration",
            "mart",
            "Penetration rate of one segment and period. Segments have different bases.",
            "vendor measure segment period period_start period_end value unit " + _EVIDENCE,
            key="vendor measure segment period",
        ),
        _table(
            "forecast_series",
            "mart",
            "One figure of one period of a series that is forecast; several where it was published again.",
            f"{_SERIES} period period_start period_end value bound confidence scope_break issued_on "
            "issued_on_estimated preference choice issue_order",
            key="series period issue_order",
        ),
        _table(
            "forecast_latest",
            "mart",
            "One number of the latest forecast of one series.",
            f"{_SERIES} publication_id origin model horizon target_period target_end quantity output_type level? "
            "threshold? forecast_value imputed? lower_bounds? code_version parameters_sha256 seed",
            key="series model target_period quantity output_type level threshold",
        ),
        _table(
            "order_forecast",
            "mart",
            "Latest forecast of orders: one series, model, target period and quantity, with its intervals.",
            f"{_SERIES} publication_id origin model horizon target_period target_end quantity forecast_mean median "
            "low_50 high_50 low_80 high_80 low_95 high_95",
            key="series model target_period quantity",
        ),
        _table(
            "threshold_forecast",
            "mart",
            "Latest probability that one cumulative total has passed one threshold by one period's end.",
            f"{_SERIES} publication_id origin model threshold target_period target_end probability passing_early? "
            "passing_median? passing_late?",
            key="series model threshold target_period",
        ),
        _table(
            "forecast_scorecard",
            "mart",
            "How one model did on one series (or all) from the origins of one year (or all).",
            "basis truth_basis quantity measure series model origin_year? forecasts mean_scaled_error? "
            "mean_scaled_crps? relative_error? relative_crps? coverage_50 coverage_80 coverage_95",
            key="basis truth_basis quantity measure series model origin_year",
        ),
        _table(
            "claim_review",
            "mart",
            "One claim with the verdict that this warehouse gives it, and why.",
            "claim claim_number kind made_on made_on_estimated due_on? accuracy_mark? statement_en statement_zh "
            "verdict sentence_en sentence_zh evidence missing_en? missing_zh?",
            key="claim",
        ),
        _table(
            "incidents_monthly",
            "mart",
            "Crash reports and incidents of one operator (or all) in one month.",
            "operator scope month reports incidents incidents_shared incidents_injury bound",
            key="operator scope month",
        ),
        _table(
            "incident_rate",
            "mart",
            "Incidents per million kilometres of one operator and report year, or why there is no rate.",
            "operator scope report_year period_start period_end incidents distance_km? incidents_per_million_km? "
            "incidents_per_million_km_low? incidents_per_million_km_high? bound reason?",
            key="operator scope report_year reason",
        ),
        _table(
            "mileage_vintage",
            "mart",
            "What one filing said of one operator, scope and month, and from when to when that was in force.",
            "operator scope month state_known distance_km? bound known_from known_to? filing",
            key="operator scope month filing known_from",
        ),
        _table(
            "orders_vintage",
            "mart",
            "The figure of orders of one operator, scope and period that was the best known, and from when to when.",
            "operator scope measure period period_start period_end state_known orders? bound? confidence? known_from "
            "known_to? filing? figure?",
            key="operator scope measure period_start period_end known_from",
        ),
        _table(
            "record_change",
            "mart",
            "One column of one keyed record that an edition has otherwise than the edition it replaces.",
            "source supersedes filing record_key change column_name old? new?",
            key="filing record_key column_name",
        ),
        _table(
            "coverage",
            "mart",
            "What is held of one source, operator, scope and period, and what is missing and why.",
            "source operator? scope? measure period period_start period_end status reason? filing?",
            key="source operator scope measure period_start period_end status filing",
        ),
        # Lineage: every figure of every mart, and what it is made of
        _table(
            "lineage",
            "lineage",
            "One figure of a mart and one record of the core tables that it is made of.",
            "mart figure_key column_name part core_table core_key filing? contribution?",
            key="mart figure_key column_name core_table core_key part",
        ),
        # Cross-checks: tables of all pairs compared
        *(
            _table(
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
        ),
    )
}


def tables(*kinds: Kind) -> list[Table]:
    """The tables of these kinds (without any: of all), in the order of the dictionary."""
    return [table for table in TABLES.values() if not kinds or table.kind in kinds]
