-- One row per series of orders, model, target period and quantity (increment of the period, or cumulative at its
-- end): mean, median and the central 50, 80 and 95 % intervals of the latest forecast. Cumulative quantiles come
-- from whole paths: they are not sums of the increments' quantiles. The combination is model `combination`.
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
    horizon,
    target_period,
    target_end,
    quantity,
    max(case output_type when 'mean' then forecast_value end) as forecast_mean,
    max(case when output_type = 'quantile' and level = 0.5 then forecast_value end) as median,
    max(case when output_type = 'quantile' and level = 0.25 then forecast_value end) as low_50,
    max(case when output_type = 'quantile' and level = 0.75 then forecast_value end) as high_50,
    max(case when output_type = 'quantile' and level = 0.1 then forecast_value end) as low_80,
    max(case when output_type = 'quantile' and level = 0.9 then forecast_value end) as high_80,
    max(case when output_type = 'quantile' and level = 0.025 then forecast_value end) as low_95,
    max(case when output_type = 'quantile' and level = 0.975 then forecast_value end) as high_95
from forecast_latest
where measure = 'orders' and output_type in ('mean', 'quantile')
group by
    series,
    operator,
    scope,
    measure,
    unit,
    frequency,
    publication_id,
    origin,
    model,
    horizon,
    target_period,
    target_end,
    quantity
