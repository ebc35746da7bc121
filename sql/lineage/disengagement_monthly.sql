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
    'filing=' || e.filing || ', permit=' || e.permit || ', month=' || cast(e.month as varchar(10))
    || ', initiated_by=' || e.initiated_by || ', location=' || e.location as core_key,
    e.filing as from_filing,
    cast(e.events as decimal(28, 15)) as contribution
from cadmv_event_count as e
inner join filing as f on f.filing = e.filing and f.in_force
where
    not exists (
        select 1
        from known_double_count as d
        inner join filing as o on o.filing = d.other_filing and o.in_force
        where
            d.decision = 'left_out'
            and d.filing = e.filing
            and d.permit = e.permit
            and d.month = e.month
    )
