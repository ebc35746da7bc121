-- One row per rate of disengagements: the annual total and count printed in the mileage file that it is made of.
select
    t.operator,
    t.scope,
    t.report_year,
    t.period_start,
    'distance_km' as of_column,
    'annual total of a permit' as part,
    'cadmv_mileage_filer' as core_table,
    t.core_key,
    t.filing as from_filing,
    cast(t.annual_km as decimal(28, 15)) as contribution
from annual_mileage_in_force as t
inner join poisson_limit as p on p.events = t.disengagements
