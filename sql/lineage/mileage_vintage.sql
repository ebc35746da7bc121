-- One row per month of mileage as a filing had it, and row of that filing: whether it is in force or not.
select
    v.operator,
    v.scope,
    v.month,
    v.filing,
    v.known_from,
    'distance_km' as of_column,
    'month of a permit' as part,
    'cadmv_mileage_month' as core_table,
    'filing=' || m.filing || ', permit=' || m.permit || ', month=' || cast(m.month as varchar(10)) as core_key,
    m.filing as from_filing,
    cast(m.distance_km as decimal(28, 15)) as contribution
from mileage_vintage as v
inner join cadmv_mileage_month as m
    on m.filing = v.filing and m.operator = v.operator and m.scope = v.scope and m.month = v.month
where v.state_known = 'reported'
