-- One row per month of trips: the record that it is.
select
    t.operator,
    t.scope,
    t.month,
    'orders' as of_column,
    'record' as part,
    'toy_month' as core_table,
    'filing=' || t.filing || ', operator=' || t.operator || ', month=' || cast(t.month as varchar(10)) as core_key,
    t.filing as from_filing,
    cast(t.orders as decimal(28, 15)) as contribution
from toy_month as t
inner join filing as f on f.filing = t.filing and f.in_force
