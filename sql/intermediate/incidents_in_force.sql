-- One row per entity, state, driver and month of incidents, of the filings in force; those without a month are left out.
select
    n.operator,
    n.scope,
    n.mileage_scope,
    n.reason,
    n.month,
    n.reports,
    n.incidents,
    n.incidents_shared,
    n.incidents_injury,
    n.filing,
    'filing=' || n.filing || ', operator=' || n.operator || coalesce(', state=' || n.state, '')
    || ', driver=' || n.driver || ', month=' || cast(n.month as varchar(10)) as core_key
from nhtsa_incident_month as n
inner join filing as f on f.filing = n.filing and f.in_force
where n.month is not null
