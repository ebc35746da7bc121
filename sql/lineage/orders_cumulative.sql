-- One row per running total of orders and figure that it is made of: the published total itself; or the total that is
-- derived from, and the quarters added after it or taken off before it.
with published as (
    select
        c.operator,
        c.scope,
        c.as_of,
        c.basis,
        f.filing,
        f.core_key,
        f.value
    from orders_cumulative as c
    inner join order_figures as f
        on
            f.measure = 'cumulative_orders'
            and f.operator = c.operator
            and f.scope = c.scope
            and f.through = c.as_of
    where c.basis = 'published'
),

derived as (
    select * from orders_cumulative where basis = 'derived'
),

anchors as (
    select
        p.operator,
        p.scope,
        p.as_of,
        p.filing,
        p.core_key,
        p.value
    from published as p
    where
        p.as_of = (
            select min(d.as_of)
            from derived as d
            inner join published as q on q.operator = d.operator and q.scope = d.scope and q.as_of = d.as_of
            where d.operator = p.operator and d.scope = p.scope
        )
),

parts as (
    select operator, scope, as_of, basis, 'figure' as part, filing, core_key, value
    from published
    union all
    select d.operator, d.scope, d.as_of, d.basis, 'published total' as part, a.filing, a.core_key, a.value
    from derived as d
    inner join anchors as a on a.operator = d.operator and a.scope = d.scope
    union all
    select
        d.operator,
        d.scope,
        d.as_of,
        d.basis,
        case when d.as_of > a.as_of then 'quarter added' else 'quarter taken off' end as part,
        q.filing,
        q.core_key,
        case when d.as_of > a.as_of then q.value else -q.value end as value
    from derived as d
    inner join anchors as a on a.operator = d.operator and a.scope = d.scope
    inner join order_figures as q
        on
            q.measure = 'quarter_orders'
            and q.operator = d.operator
            and q.scope = d.scope
            and (
                (q.through > a.as_of and q.through <= d.as_of)
                or (q.through <= a.as_of and q.through > d.as_of)
            )
)

select
    operator,
    scope,
    as_of,
    basis,
    'orders' as of_column,
    part,
    'published_figure' as core_table,
    core_key,
    filing as from_filing,
    cast(value as decimal(28, 15)) as contribution
from parts
