-- One row per share of a market: the published figure that it is.
select
    operator as vendor,
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
where source = 'market_figures' and measure like '%penetration' and choice = 1 and value is not null
