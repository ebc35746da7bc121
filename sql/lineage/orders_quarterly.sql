-- One row per quarter of orders: the published figure that it is.
select
    operator,
    scope,
    period as quarter,
    'orders' as of_column,
    'figure' as part,
    'published_figure' as core_table,
    core_key,
    filing as from_filing,
    cast(value as decimal(28, 15)) as contribution
from order_figures
where measure = 'quarter_orders'
