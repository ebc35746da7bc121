-- One row per month of mileage whose operator has reports of incidents that belong to mileage of that scope, within the
-- months that reports are of.
select
    m.operator,
    m.scope,
    m.month,
    m.distance_km
from mileage_monthly as m
inner join
    (
        select distinct operator, mileage_scope
        from incidents_in_force
        where operator <> 'all' and mileage_scope is not null
    ) as p
    on p.operator = m.operator and p.mileage_scope = m.scope
where
    m.month >= (select min(n.month) from nhtsa_incident_month as n)
    and m.month <= (select max(n.month) from nhtsa_incident_month as n)
