-- One row per operator, scope, month, initiator and location: disengagement events of the filings in force,
-- by the day of the event. A month without a row has no event in the filings that are held.
select
    e.operator,
    e.scope,
    e.month,
    e.initiated_by,
    e.location,
    cast(sum(e.events) as bigint) as events,
    'exact' as bound
from cadmv_event_count as e
inner join filing as f on f.filing = e.filing and f.in_force
group by e.operator, e.scope, e.month, e.initiated_by, e.location
