-- One row per series of forecasts of orders and figure that it was forecast from: what is known today of
-- every period up to the origin. A forecast's own row is in the ledger `forecast`, by all of its columns.
select
    l.series,
    'median' as of_column,
    'observation' as part,
    'forecast_series' as core_table,
    'series=' || s.series || ', period=' || s.period || ', issue_order=' || cast(s.issue_order as varchar(20)) as core_key,
    cast(null as varchar(200)) as from_filing,
    cast(null as decimal(28, 15)) as contribution
from (select distinct series, origin from order_forecast) as l
inner join forecast_series as s on s.series = l.series and s.choice = 1 and s.period_end <= l.origin
