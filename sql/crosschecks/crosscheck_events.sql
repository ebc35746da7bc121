-- One row per edition that both a disengagement and a mileage filing have, and per operator and scope in either:
-- events of the one (left) against the annual count printed in the other (right). Nothing may differ.
with events as (
    select
        split_part(f.edition, '-amended', 1) as edition,
        f.filing,
        e.operator,
        e.scope,
        sum(e.events) as events
    from cadmv_event_count as e
    inner join filing as f on f.filing = e.filing and f.in_force
    group by split_part(f.edition, '-amended', 1), f.filing, e.operator, e.scope
),

printed as (
    select
        split_part(f.edition, '-amended', 1) as edition,
        t.operator,
        t.scope,
        sum(t.disengagements) as disengagements
    from cadmv_mileage_filer as t
    inner join filing as f on f.filing = t.filing and f.in_force
    group by split_part(f.edition, '-amended', 1), t.operator, t.scope
),

pairs as (
    select distinct e.edition, e.filing
    from events as e
    inner join printed as p on p.edition = e.edition
),

filers as (
    select edition, operator, scope from events
    union
    select edition, operator, scope from printed
),

compared as (
    select
        p.filing,
        f.operator,
        f.scope,
        coalesce(e.events, 0) as left_value,
        coalesce(m.disengagements, 0) as right_value
    from pairs as p
    inner join filers as f on f.edition = p.edition
    left join events as e on e.edition = f.edition and e.operator = f.operator and e.scope = f.scope
    left join printed as m on m.edition = f.edition and m.operator = f.operator and m.scope = f.scope
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
