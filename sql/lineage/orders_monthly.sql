-- One row per month of orders: the published figure that it is.
select
    operator,
    scope,
    period_start as month,
    'orders' as of_column,
    'figure' as part,
    'published_figure' as core_table,
    'filing=' || filing || ', figure=' || figure as core_key,
    filing as from_filing,
    cast(value as decimal(28, 15)) as contribution
from figure_in_force
where source = 'robotaxi_orders' and measure = 'month_trips' and choice = 1 and value is not null
