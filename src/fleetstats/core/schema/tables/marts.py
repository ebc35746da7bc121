"""Marts: what analysts query, and the lineage of every figure in them."""

from __future__ import annotations

from fleetstats.core.schema.tables.of_fields import mart, table

_SERIES = "series operator scope measure unit frequency"
_EVIDENCE = "confidence issued_on issued_on_estimated title_printed? url?"

TABLES = (
    mart(
        "figure_in_force",
        "One published figure of a filing in force; what the marts below choose from.",
        "source filing figure record operator scope area? measure segment? region? period? period_start? "
        "period_end? as_of? value? unit distance_km? bound confidence status? preference choice choice_reason? "
        "issued_on issued_on_estimated title_printed? url?",
        key="filing figure",
        figures="",
    ),
    mart(
        "mileage_monthly",
        "Distance of one operator and scope in one month (sum of its filings' months).",
        "operator scope month distance_km distance_mi_reported vehicles? vehicles_masked? bound confidence",
        key="operator scope month",
        figures="distance_km vehicles",
        ends="month",
    ),
    mart(
        "mileage_quarterly",
        "Distance of one operator and scope in one calendar quarter.",
        "operator scope quarter quarter_start months distance_km distance_mi_reported bound",
        key="operator scope quarter",
        figures="distance_km",
        ends="quarter_start",
    ),
    mart(
        "mileage_cumulative",
        "Distance of one operator and scope from the first month held to this one.",
        "operator scope month distance_km_cumulative distance_mi_cumulative since months_held months_missing bound",
        key="operator scope month",
        figures="distance_km_cumulative",
        ends="month",
    ),
    mart(
        "mileage_report_year",
        "Printed annual total of one operator and scope in one report year.",
        "operator scope report_year period_start period_end distance_km distance_mi_reported km_high? "
        "disengagements? bound confidence filing",
        key="operator scope report_year period_start",
        figures="distance_km km_high disengagements",
        ends="period_end",
    ),
    mart(
        "disengagement_monthly",
        "Disengagements of one operator and scope in one month, by initiator and location.",
        "operator scope month initiated_by location events bound",
        key="operator scope month initiated_by location",
        figures="events",
        ends="month",
    ),
    mart(
        "disengagement_rate",
        "Kilometres per disengagement of one operator, scope and report year, with its interval.",
        "operator scope report_year period_start period_end disengagements distance_km km_per_disengagement? "
        "km_per_disengagement_low km_per_disengagement_high? bound",
        key="operator scope report_year period_start",
        figures="km_per_disengagement",
        ends="period_end",
    ),
    mart(
        "beijing_mileage",
        "Road-test distance in Beijing: one operator (or all), scope, area and period.",
        "operator scope area basis period_start? through km? km_low? km_high? km_high_bound? bound scope_break "
        + _EVIDENCE,
        key="operator scope area basis period_start through",
        sources="bjrt_mileage",
        figures="km km_low km_high",
        ends="through",
    ),
    mart(
        "beijing_vs_california",
        "Cumulative distance of one fleet at the end of one year, under one unit convention.",
        "fleet region scope convention year through km? km_low? km_high? km_high_bound? bound",
        key="fleet scope convention year",
        figures="km km_low km_high",
        ends="through",
    ),
    mart(
        "orders_quarterly",
        "Orders of one operator and scope in one quarter.",
        "operator scope quarter quarter_start orders bound " + _EVIDENCE,
        key="operator scope quarter",
        sources="robotaxi_orders",
        figures="orders",
        ends="quarter_start",
    ),
    mart(
        "orders_monthly",
        "Orders of one operator and scope in one month.",
        "operator scope month orders bound " + _EVIDENCE,
        key="operator scope month",
        sources="robotaxi_orders",
        figures="orders",
        ends="month",
    ),
    mart(
        "orders_cumulative",
        "Orders of one operator and scope up to a day: as published, and as derived from quarters.",
        "operator scope as_of basis orders bound contains_unsourced contains_lower_bound issued_on",
        key="operator scope as_of basis",
        sources="robotaxi_orders",
        figures="orders",
        ends="as_of",
    ),
    mart(
        "bev_quarterly",
        "Battery-electric deliveries of one company in one quarter.",
        "company measure segment period quarter_start value unit status? bound " + _EVIDENCE,
        key="company measure segment period",
        sources="market_figures",
        figures="value",
        ends="quarter_start",
    ),
    mart(
        "noa_chip_share",
        "Share of one vendor in one segment and period. Segments have different bases.",
        "vendor measure segment period period_start period_end value unit bound " + _EVIDENCE,
        key="vendor measure segment period",
        sources="market_figures",
        figures="value",
        ends="period_end",
    ),
    mart(
        "l2_penetration",
        "Penetration rate of one segment and period. Segments have different bases.",
        "vendor measure segment period period_start period_end value unit bound " + _EVIDENCE,
        key="vendor measure segment period",
        sources="market_figures",
        figures="value",
        ends="period_end",
    ),
    mart(
        "forecast_series",
        "One figure of one period of a series that is forecast; several where it was published again.",
        f"{_SERIES} period period_start period_end value bound confidence scope_break issued_on "
        "issued_on_estimated preference choice issue_order",
        key="series period issue_order",
        sources="cadmv_mileage market_figures robotaxi_orders",
        figures="",
    ),
    mart(
        "forecast_latest",
        "One number of the latest forecast of one series.",
        f"{_SERIES} publication_id origin model horizon target_period target_end quantity output_type level? "
        "threshold? forecast_value imputed? lower_bounds? code_version parameters_sha256 seed",
        key="series model target_period quantity output_type level threshold",
        figures="",
    ),
    mart(
        "order_forecast",
        "Latest forecast of orders: one series, model, target period and quantity, with its intervals.",
        f"{_SERIES} publication_id origin model horizon target_period target_end quantity forecast_mean median "
        "low_50 high_50 low_80 high_80 low_95 high_95",
        key="series model target_period quantity",
        sources="robotaxi_orders",
        figures="",
    ),
    mart(
        "threshold_forecast",
        "Latest probability that one cumulative total has passed one threshold by one period's end.",
        f"{_SERIES} publication_id origin model threshold target_period target_end probability passing_early? "
        "passing_median? passing_late?",
        key="series model threshold target_period",
        figures="",
    ),
    mart(
        "forecast_scorecard",
        "How one model did on one series (or all) from the origins of one year (or all).",
        "basis truth_basis quantity measure series model origin_year? forecasts mean_scaled_error? "
        "mean_scaled_crps? relative_error? relative_crps? coverage_50 coverage_80 coverage_95",
        key="basis truth_basis quantity measure series model origin_year",
        figures="",
    ),
    mart(
        "claim_review",
        "One claim with the verdict that this warehouse gives it, and why.",
        "claim claim_number kind made_on made_on_estimated due_on? accuracy_mark? statement_en statement_zh "
        "verdict sentence_en sentence_zh evidence missing_en? missing_zh?",
        key="claim",
        figures="",
    ),
    mart(
        "incidents_monthly",
        "Crash reports and incidents of one operator (or all) in one month.",
        "operator scope month reports incidents incidents_shared incidents_injury bound",
        key="operator scope month",
        figures="reports incidents incidents_injury",
        ends="month",
    ),
    mart(
        "incident_rate",
        "Incidents per million kilometres of one operator and report year, or why there is no rate.",
        "operator scope report_year period_start period_end incidents distance_km? incidents_per_million_km? "
        "incidents_per_million_km_low? incidents_per_million_km_high? bound reason?",
        key="operator scope report_year reason",
        figures="incidents incidents_per_million_km",
        ends="period_end",
    ),
    mart(
        "mileage_vintage",
        "What one filing said of one operator, scope and month, and from when to when that was in force.",
        "operator scope month state_known distance_km? bound known_from known_to? filing",
        key="operator scope month filing known_from",
        figures="",
    ),
    mart(
        "orders_vintage",
        "The figure of orders of one operator, scope and period that was the best known, and from when to when.",
        "operator scope measure period period_start period_end state_known orders? bound? confidence? known_from "
        "known_to? filing? figure?",
        key="operator scope measure period_start period_end known_from",
        sources="robotaxi_orders",
        figures="",
    ),
    mart(
        "record_change",
        "One column of one keyed record that an edition has otherwise than the edition it replaces.",
        "source supersedes filing record_key change column_name old? new?",
        key="filing record_key column_name",
        figures="",
    ),
    mart(
        "coverage",
        "What is held of one source, operator, scope and period, and what is missing and why.",
        "source operator? scope? measure period period_start period_end status reason? document? filing?",
        key="source operator scope measure period_start period_end status filing",
        figures="",
    ),
    table(
        "lineage",
        "lineage",
        "One figure of a mart and one record of the core tables that it is made of.",
        "mart figure_key column_name part core_table core_key filing? contribution?",
        key="mart figure_key column_name core_table core_key part",
    ),
)
