-- One row per operator, scope, month, initiator and location: disengagement events of the filings in force,
-- by the day of the event. A month without a row has no event in the filings that are held. Events that two filings
-- have are counted once where a review says so (known_double_count).
select
    e.operator,
    e.scope,
    e.month,
    e.initiated_by,
    e.location,
    cast(sum(e.events) as bigint) as events,
    'exact' as bound
from events_counted as e
group by e.operator, e.scope, e.month, e.initiated_by, e.location
