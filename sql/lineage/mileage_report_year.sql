-- One row per printed annual total: the row of the DMV's file that it is.
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
