-- One row per series, model, threshold and target period: how probable it is that the cumulative total has passed
-- the threshold by the end of the period. passing_early, passing_median and passing_late are the periods by
-- whose ends that probability has reached 10, 50 and 90 %; null where it does not within the target periods.
select
    series,
    operator,
    scope,
    measure,
    unit,
    frequency,
    publication_id,
    origin,
    model,
    threshold,
    target_period,
    target_end,
    forecast_value as probability,
    min(case when forecast_value >= 0.1 then target_period end) over one as passing_early,
    min(case when forecast_value >= 0.5 then target_period end) over one as passing_median,
    min(case when forecast_value >= 0.9 then target_period end) over one as passing_late
from forecast_latest
where output_type = 'probability'
window one as (partition by series, model, threshold)
