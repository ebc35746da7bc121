-- One row per month of mileage and row of the DMV's mileage of that month, of the filings in force.
select
    m.operator,
    m.scope,
    m.month,
    'distance_km' as of_column,
    'month of a permit' as part,
    'cadmv_mileage_month' as core_table,
    m.core_key,
    m.filing as from_filing,
    cast(m.distance_km as decimal(28, 15)) as contribution
from mileage_in_force as m
