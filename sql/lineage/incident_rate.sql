-- One row per rate of incidents (or refusal of one) and row that it is made of: incidents of NHTSA's reports, and the
-- DMV's mileage of the months that both have.
with covered as (
    select
        m.operator,
        m.scope,
        m.month
    from mileage_monthly as m
    inner join
        (
            select distinct
                n.operator,
                n.mileage_scope
            from nhtsa_incident_month as n
            inner join filing as f on f.filing = n.filing and f.in_force
            where n.operator <> 'all' and n.month is not null and n.mileage_scope is not null
        ) as p
        on p.operator = m.operator and p.mileage_scope = m.scope
    where
        m.month >= (select min(n.month) from nhtsa_incident_month as n)
        and m.month <= (select max(n.month) from nhtsa_incident_month as n)
)

select
    n.operator,
    coalesce(v.scope, n.scope) as scope,
    cast(extract(year from n.month + interval '1' month) as bigint) as report_year,
    case
        when v.scope is null and n.mileage_scope is null then n.reason
        when v.scope is null then 'no mileage is held of this operator, scope and month'
    end as reason,
    'incidents' as of_column,
    'incidents of an entity' as part,
    'nhtsa_incident_month' as core_table,
    'filing=' || n.filing || ', operator=' || n.operator || coalesce(', state=' || n.state, '')
    || ', driver=' || n.driver || ', month=' || cast(n.month as varchar(10)) as core_key,
    n.filing as from_filing,
    cast(n.incidents as decimal(28, 15)) as contribution
from nhtsa_incident_month as n
inner join filing as f on f.filing = n.filing and f.in_force
left join covered as v on v.operator = n.operator and v.scope = n.mileage_scope and v.month = n.month
where n.operator <> 'all' and n.month is not null
union all
select
    v.operator,
    v.scope,
    cast(extract(year from v.month + interval '1' month) as bigint) as report_year,
    cast(null as varchar(300)) as reason,
    'distance_km' as of_column,
    'month of a permit' as part,
    'cadmv_mileage_month' as core_table,
    'filing=' || m.filing || ', permit=' || m.permit || ', month=' || cast(m.month as varchar(10)) as core_key,
    m.filing as from_filing,
    cast(m.distance_km as decimal(28, 15)) as contribution
from covered as v
inner join cadmv_mileage_month as m on m.operator = v.operator and m.scope = v.scope and m.month = v.month
inner join filing as f on f.filing = m.filing and f.in_force
