-- One row per operator, scope, day and basis: orders served up to that day.
-- `published` is what the operator said on or for a day. `derived` starts from the first published total that
-- falls on the end of a quarter, adds the quarters after it and takes off those before it; quarters beyond a
-- gap are left out. contains_unsourced and contains_lower_bound say what the sum rests on.
with published as (
    select * from order_figures where measure = 'cumulative_orders'
),

quarters as (
    select
        operator,
        scope,
        cast(quarter_start + interval '3' month - interval '1' day as date) as as_of,
        sum(orders) over so_far as orders_so_far,
        sum(case confidence when 'unsourced' then 1 else 0 end) over so_far as unsourced_so_far,
        sum(case bound when 'at_least' then 1 else 0 end) over so_far as lower_bounds_so_far,
        max(issued_on) over so_far as issued_on,
        extract(year from quarter_start) * 4 + extract(quarter from quarter_start)
        - row_number() over (partition by operator, scope order by quarter_start) as stretch
    from orders_quarterly
    window so_far as (
        partition by operator, scope
        order by quarter_start
        rows between unbounded preceding and current row
    )
),

anchors as (
    select *
    from (
        select
            q.operator,
            q.scope,
            q.as_of,
            q.orders_so_far,
            q.unsourced_so_far,
            q.lower_bounds_so_far,
            q.stretch,
            p.value as orders,
            p.bound,
            p.confidence,
            p.issued_on,
            row_number() over (partition by q.operator, q.scope order by q.as_of) as choice
        from quarters as q
        inner join published as p on p.operator = q.operator and p.scope = q.scope and p.as_of = q.as_of
    ) as candidates
    where choice = 1
)

select
    operator,
    scope,
    as_of,
    'published' as basis,
    value as orders,
    bound,
    confidence = 'unsourced' as contains_unsourced,
    bound = 'at_least' as contains_lower_bound,
    issued_on
from published
union all
select
    q.operator,
    q.scope,
    q.as_of,
    'derived' as basis,
    cast(a.orders + q.orders_so_far - a.orders_so_far as decimal(28, 9)) as orders,
    'derived' as bound,
    q.unsourced_so_far <> a.unsourced_so_far or a.confidence = 'unsourced' as contains_unsourced,
    q.lower_bounds_so_far <> a.lower_bounds_so_far or a.bound = 'at_least' as contains_lower_bound,
    greatest(q.issued_on, a.issued_on) as issued_on
from quarters as q
inner join anchors as a on a.operator = q.operator and a.scope = q.scope and a.stretch = q.stretch
