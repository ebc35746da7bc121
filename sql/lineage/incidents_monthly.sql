-- One row per month of crash reports and row of NHTSA's incidents that is counted in it.
select
    n.operator,
    n.scope,
    n.month,
    'incidents' as of_column,
    'incidents of an entity' as part,
    'nhtsa_incident_month' as core_table,
    'filing=' || n.filing || ', operator=' || n.operator || coalesce(', state=' || n.state, '')
    || ', driver=' || n.driver || ', month=' || cast(n.month as varchar(10)) as core_key,
    n.filing as from_filing,
    cast(n.incidents as decimal(28, 15)) as contribution
from nhtsa_incident_month as n
inner join filing as f on f.filing = n.filing and f.in_force
where n.month is not null
