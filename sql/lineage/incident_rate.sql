-- One row per rate of incidents (or refusal of one) and row that it is made of: incidents of NHTSA's reports, and the
-- DMV's mileage of the months that both have.
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
    n.core_key,
    n.filing as from_filing,
    cast(n.incidents as decimal(28, 15)) as contribution
from incidents_in_force as n
left join mileage_beside_incidents as v on v.operator = n.operator and v.scope = n.mileage_scope and v.month = n.month
where n.operator <> 'all'
union all
select
    v.operator,
    v.scope,
    cast(extract(year from v.month + interval '1' month) as bigint) as report_year,
    cast(null as varchar(300)) as reason,
    'distance_km' as of_column,
    'month of a permit' as part,
    'cadmv_mileage_month' as core_table,
    m.core_key,
    m.filing as from_filing,
    cast(m.distance_km as decimal(28, 15)) as contribution
from mileage_beside_incidents as v
inner join mileage_in_force as m on m.operator = v.operator and m.scope = v.scope and m.month = v.month
