-- One row per operator, scope and edition of NHTSA's crash reports in force.
select distinct
    n.operator,
    n.scope,
    'incidents' as measure,
    f.edition as period,
    f.period_start,
    f.period_end,
    n.filing
from nhtsa_incident_month as n
inner join filing as f on f.filing = n.filing and f.in_force
