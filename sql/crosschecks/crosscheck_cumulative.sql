-- One row per running total after the first of its series: this one (left) against the one before it (right).
-- A total never falls; where only bounds are known, the low ends are compared.
with totals as (
    select
        operator,
        scope,
        'Beijing km, ' || area as series,
        through as as_of,
        cast(coalesce(km, km_low) as decimal(28, 9)) as total
    from beijing_mileage
    where basis = 'cumulative'
    union all
    select operator, scope, 'orders, ' || basis as series, as_of, orders as total
    from orders_cumulative
    union all
    select operator, scope, 'California mi' as series, month as as_of, cast(distance_mi_cumulative as decimal(28, 9)) as total
    from mileage_cumulative
),

steps as (
    select
        operator,
        scope,
        series,
        as_of,
        total,
        lag(total) over (partition by operator, scope, series order by as_of) as total_before
    from totals
)

select
    cast(null as varchar(200)) as filing,
    operator,
    scope,
    series || ', ' || cast(as_of as varchar(10)) as subject,
    total as left_value,
    total_before as right_value,
    cast(total - total_before as decimal(28, 9)) as difference,
    cast(0 as decimal(28, 9)) as tolerance,
    case when total >= total_before then 0 else 1 end as unexplained,
    cast(null as varchar(200)) as reason
from steps
where total_before is not null
