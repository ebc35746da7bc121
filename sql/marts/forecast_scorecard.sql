-- One row per basis (live: forecasts of the ledger; backtest: those of past vintages), truth basis, quantity, model,
-- and series and origin year, or all of them: mean scores and the share of truths inside the intervals. Errors
-- are relative to the seasonal naive model on the same targets. Over several series each counts the same: means
-- are means of the series' means, and relative errors geometric means of theirs. Of a target that was scored
-- again, since its truth had changed, the last score counts.
with every as (
    select
        'live' as basis,
        sequence,
        forecast_run_id as made_by,
        series,
        measure,
        origin,
        model,
        target_period,
        quantity,
        truth_basis,
        scaled_error,
        scaled_crps,
        inside_50,
        inside_80,
        inside_95
    from forecast_score
    union all
    select
        'backtest' as basis,
        sequence,
        cast(as_of as varchar(10)) as made_by,
        series,
        measure,
        origin,
        model,
        target_period,
        quantity,
        truth_basis,
        scaled_error,
        scaled_crps,
        inside_50,
        inside_80,
        inside_95
    from backtest_score
),

ranked as (
    select
        *,
        row_number() over (
            partition by basis, made_by, series, model, target_period, quantity, truth_basis
            order by sequence desc
        ) as recency
    from every
),

scores as (
    select
        basis,
        truth_basis,
        quantity,
        measure,
        series,
        model,
        cast(extract(year from origin) as bigint) as origin_year,
        scaled_error,
        scaled_crps,
        max(case model when 'seasonal_naive' then scaled_error end) over target as naive_error,
        max(case model when 'seasonal_naive' then scaled_crps end) over target as naive_crps,
        case when inside_50 then 1 else 0 end as inside_50,
        case when inside_80 then 1 else 0 end as inside_80,
        case when inside_95 then 1 else 0 end as inside_95
    from ranked
    where recency = 1
    window target as (partition by basis, made_by, series, target_period, quantity, truth_basis)
),

of_series as (
    select
        basis,
        truth_basis,
        quantity,
        measure,
        series,
        model,
        origin_year,
        count(*) as forecasts,
        avg(scaled_error) as mean_scaled_error,
        avg(scaled_crps) as mean_scaled_crps,
        sum(case when naive_error is not null then scaled_error end)
        / nullif(sum(case when scaled_error is not null then naive_error end), 0) as relative_error,
        sum(case when naive_crps is not null then scaled_crps end)
        / nullif(sum(case when scaled_crps is not null then naive_crps end), 0) as relative_crps,
        sum(inside_50) as inside_50,
        sum(inside_80) as inside_80,
        sum(inside_95) as inside_95
    from scores
    group by grouping sets (
        (basis, truth_basis, quantity, measure, series, model, origin_year),
        (basis, truth_basis, quantity, measure, series, model)
    )
)

select
    basis,
    truth_basis,
    quantity,
    measure,
    series,
    model,
    origin_year,
    forecasts,
    mean_scaled_error,
    mean_scaled_crps,
    relative_error,
    relative_crps,
    cast(inside_50 as double precision) / forecasts as coverage_50,
    cast(inside_80 as double precision) / forecasts as coverage_80,
    cast(inside_95 as double precision) / forecasts as coverage_95
from of_series
union all
select
    basis,
    truth_basis,
    quantity,
    coalesce(measure, 'all') as measure,
    'all' as series,
    model,
    origin_year,
    cast(sum(forecasts) as bigint) as forecasts,
    avg(mean_scaled_error) as mean_scaled_error,
    avg(mean_scaled_crps) as mean_scaled_crps,
    exp(avg(ln(nullif(relative_error, 0)))) as relative_error,
    exp(avg(ln(nullif(relative_crps, 0)))) as relative_crps,
    cast(sum(inside_50) as double precision) / sum(forecasts) as coverage_50,
    cast(sum(inside_80) as double precision) / sum(forecasts) as coverage_80,
    cast(sum(inside_95) as double precision) / sum(forecasts) as coverage_95
from of_series
group by grouping sets (
    (basis, truth_basis, quantity, model, origin_year, measure),
    (basis, truth_basis, quantity, model, origin_year)
)
