-- One row per month of mileage and row of the DMV's mileage of that month, of the filings in force.
select
    m.operator,
    m.scope,
    m.month,
    'distance_km' as of_column,
    'month of a permit' as part,
    'cadmv_mileage_month' as core_table,
    'filing=' || m.filing || ', permit=' || m.permit || ', month=' || cast(m.month as varchar(10)) as core_key,
    m.filing as from_filing,
    cast(m.distance_km as decimal(28, 15)) as contribution
from cadmv_mileage_month as m
inner join filing as f on f.filing = m.filing and f.in_force
