-- One row per operator, scope and year of trips in force.
select distinct
    t.operator,
    t.scope,
    'trips' as measure,
    substring(f.edition from 1 for 4) as period,
    f.period_start,
    f.period_end,
    t.filing
from toy_month as t
inner join filing as f on f.filing = t.filing and f.in_force
