-- One row per permit, month, initiator and location of disengagement events, of the filings in force. Events that
-- another filing in force has too, and that a review leaves out here, are not counted.
select
    e.operator,
    e.scope,
    e.month,
    e.initiated_by,
    e.location,
    e.events,
    e.filing,
    'filing=' || e.filing || ', permit=' || e.permit || ', month=' || cast(e.month as varchar(10))
    || ', initiated_by=' || e.initiated_by || ', location=' || e.location as core_key
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
