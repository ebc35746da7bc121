-- One row per figure of orders as it was known in some days: the published figure that it is.
select
    v.operator,
    v.scope,
    v.measure,
    v.period_start,
    v.period_end,
    v.known_from,
    'orders' as of_column,
    'figure' as part,
    'published_figure' as core_table,
    'filing=' || p.filing || ', figure=' || p.figure as core_key,
    p.filing as from_filing,
    cast(p.value as decimal(28, 15)) as contribution
from orders_vintage as v
inner join published_figure as p on p.filing = v.filing and p.figure = v.figure
where v.state_known = 'reported'
