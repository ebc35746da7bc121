-- One row per running total of mileage and row of the DMV's mileage of its month or a month before it. A row here
-- for each pair, so that a total can be joined to all that it is made of in one step.
select
    c.operator,
    c.scope,
    c.month,
    'distance_km_cumulative' as of_column,
    'month of a permit' as part,
    'cadmv_mileage_month' as core_table,
    m.core_key,
    m.filing as from_filing,
    cast(m.distance_km as decimal(28, 15)) as contribution
from mileage_cumulative as c
inner join mileage_in_force as m on m.operator = c.operator and m.scope = c.scope and m.month <= c.month
