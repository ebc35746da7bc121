-- One row per basis, series (or all) and model of the scorecard, and series and model whose scores it is a mean of.
with every as (
    select distinct 'live' as basis, 'forecast_score' as ledger, series, model from forecast_score
    union all
    select distinct 'backtest' as basis, 'backtest_score' as ledger, series, model from backtest_score
)

select distinct
    c.basis,
    c.series,
    c.model,
    'forecasts' as of_column,
    'scores of a series' as part,
    e.ledger as core_table,
    'series=' || e.series || ', model=' || e.model as core_key,
    cast(null as varchar(200)) as from_filing,
    cast(null as decimal(28, 15)) as contribution
from forecast_scorecard as c
inner join every as e on e.basis = c.basis and e.model = c.model and (c.series = 'all' or e.series = c.series)
