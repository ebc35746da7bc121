-- One row per operator, scope and report year of the DMV's mileage reports in force.
select
    t.operator,
    t.scope,
    'mileage' as measure,
    cast(t.report_year as varchar(4)) as period,
    t.period_start,
    t.period_end,
    t.filing
from cadmv_mileage_filer as t
inner join filing as f on f.filing = t.filing and f.in_force
