-- One row per operator, scope and report of disengagements in force that has any of its events.
select distinct
    e.operator,
    e.scope,
    'disengagements' as measure,
    substring(f.edition from 1 for 4) as period,
    f.period_start,
    f.period_end,
    e.filing
from cadmv_event_count as e
inner join filing as f on f.filing = e.filing and f.in_force
