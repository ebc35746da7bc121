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
group by e.operator, e.scope, e.month, e.initiated_by, e.location
