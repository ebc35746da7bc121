-- One row per edition that both a disengagement and a mileage filing have, and per operator and scope in either:
-- events of the one (left) against the annual count printed in the other (right). Nothing may differ.
with events as (
    select f.edition, f.filing, e.operator, e.scope, sum(e.events) as events
    from cadmv_event_count as e
    inner join filing as f on f.filing = e.filing and f.in_force
    group by f.edition, f.filing, e.operator, e.scope
),

printed as (
    select f.edition, t.operator, t.scope, sum(t.disengagements) as disengagements
    from cadmv_mileage_filer as t
    inner join filing as f on f.filing = t.filing and f.in_force
    group by f.edition, t.operator, t.scope
),

pairs as (
    select d.edition, d.filing
    from filing as d
    inner join filing as m
        on split_part(m.edition, '-amended', 1) = split_part(d.edition, '-amended', 1) and m.source = 'cadmv_mileage' and m.in_force
    where d.source = 'cadmv_disengagement' and d.in_force
),

compared as (
    select
        p.filing,
        coalesce(e.operator, m.operator) as operator,
        coalesce(e.scope, m.scope) as scope,
        coalesce(e.events, 0) as left_value,
        coalesce(m.disengagements, 0) as right_value
    from pairs as p
    inner join (
        select edition, operator, scope from events
        union
        select edition, operator, scope from printed
    ) as filers on split_part(filers.edition, '-amended', 1) = split_part(p.edition, '-amended', 1)
    left join events as e
        on e.filing = p.filing and e.operator = filers.operator and e.scope = filers.scope
    left join printed as m
        on
            split_part(m.edition, '-amended', 1) = split_part(p.edition, '-amended', 1)
            and m.operator = filers.operator
            and m.scope = filers.scope
)

select
    c.filing,
    c.operator,
    c.scope,
    'events and printed count' as subject,
    cast(c.left_value as decimal(28, 9)) as left_value,
    cast(c.right_value as decimal(28, 9)) as right_value,
    cast(c.left_value - c.right_value as decimal(28, 9)) as difference,
    cast(0 as decimal(28, 9)) as tolerance,
    case when c.left_value = c.right_value or k.reason is not null then 0 else 1 end as unexplained,
    k.reason
from compared as c
left join known_difference as k
    on
        k.check_name = 'crosscheck_events'
        and k.filing = c.filing
        and k.operator = c.operator
        and k.difference = c.left_value - c.right_value
