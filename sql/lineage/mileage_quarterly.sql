-- One row per quarter of mileage and row of the DMV's mileage of its months, of the filings in force.
select
    m.operator,
    m.scope,
    cast(extract(year from m.month) as varchar(4)) || 'Q' || cast(extract(quarter from m.month) as varchar(1)) as quarter,
    'distance_km' as of_column,
    'month of a permit' as part,
    'cadmv_mileage_month' as core_table,
    m.core_key,
    m.filing as from_filing,
    cast(m.distance_km as decimal(28, 15)) as contribution
from mileage_in_force as m
