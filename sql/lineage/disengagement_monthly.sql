-- One row per month of disengagements and row of the DMV's events that is counted in it. Events that another
-- filing has too, and that a review leaves out here, are not counted.
select
    e.operator,
    e.scope,
    e.month,
    e.initiated_by,
    e.location,
    'events' as of_column,
    'events of a permit' as part,
    'cadmv_event_count' as core_table,
    e.core_key,
    e.filing as from_filing,
    cast(e.events as decimal(28, 15)) as contribution
from events_counted as e
