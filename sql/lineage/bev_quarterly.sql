-- One row per quarter of deliveries: the published figure that it is.
select
    operator as company,
    measure,
    coalesce(segment, 'all') as segment,
    period,
    'value' as of_column,
    'figure' as part,
    'published_figure' as core_table,
    'filing=' || filing || ', figure=' || figure as core_key,
    filing as from_filing,
    cast(value as decimal(28, 15)) as contribution
from figure_in_force
where
    source = 'market_figures'
    and measure in ('total_deliveries', 'bev_passenger_sales')
    and substring(period from 5 for 1) = 'Q'
    and choice = 1
    and value is not null
