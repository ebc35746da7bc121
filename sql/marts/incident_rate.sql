-- One row per operator, scope, report year and reason: incidents per million kilometres with the exact two-sided
-- Poisson interval (Garwood 1936; `poisson_limit`), where mileage of the same operator, scope and months is held; `scope`
-- is then that of the mileage. All other incidents are in rows without a rate, and `reason` says why. A report year of
-- the DMV begins with December.
with counted as (
    select
        n.operator,
        n.mileage_scope,
        n.scope,
        n.month,
        n.reason,
        sum(n.incidents) as incidents
    from incidents_in_force as n
    where n.operator <> 'all'
    group by n.operator, n.mileage_scope, n.scope, n.month, n.reason
),

covered as (
    select
        m.operator,
        m.scope,
        m.month,
        m.distance_km,
        coalesce(c.incidents, 0) as incidents
    from mileage_beside_incidents as m
    left join counted as c on c.operator = m.operator and c.mileage_scope = m.scope and c.month = m.month
),

years as (
    select
        operator,
        scope,
        cast(extract(year from month + interval '1' month) as bigint) as report_year,
        min(month) as period_start,
        cast(max(month) + interval '1' month - interval '1' day as date) as period_end,
        cast(sum(incidents) as bigint) as incidents,
        cast(sum(distance_km) as decimal(28, 15)) as distance_km
    from covered
    group by operator, scope, cast(extract(year from month + interval '1' month) as bigint)
),

refused as (
    select
        c.operator,
        c.scope,
        cast(extract(year from c.month + interval '1' month) as bigint) as report_year,
        c.month,
        c.incidents,
        case
            when c.mileage_scope is null then c.reason
            else 'no mileage is held of this operator, scope and month'
        end as reason
    from counted as c
    where
        not exists (
            select 1
            from covered as v
            where v.operator = c.operator and v.scope = c.mileage_scope and v.month = c.month
        )
)

select
    y.operator,
    y.scope,
    y.report_year,
    y.period_start,
    y.period_end,
    y.incidents,
    y.distance_km,
    y.incidents / nullif(cast(y.distance_km as double precision) / 1000000, 0) as incidents_per_million_km,
    p.lower / nullif(cast(y.distance_km as double precision) / 1000000, 0) as incidents_per_million_km_low,
    p.upper / nullif(cast(y.distance_km as double precision) / 1000000, 0) as incidents_per_million_km_high,
    'exact' as bound,
    cast(null as varchar(300)) as reason
from years as y
inner join poisson_limit as p on p.events = y.incidents
union all
select
    operator,
    scope,
    report_year,
    min(month) as period_start,
    cast(max(month) + interval '1' month - interval '1' day as date) as period_end,
    cast(sum(incidents) as bigint) as incidents,
    cast(null as decimal(28, 15)) as distance_km,
    cast(null as double precision) as incidents_per_million_km,
    cast(null as double precision) as incidents_per_million_km_low,
    cast(null as double precision) as incidents_per_million_km_high,
    'exact' as bound,
    reason
from refused
group by operator, scope, report_year, reason
