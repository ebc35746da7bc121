-- One row per month of crash reports and row of NHTSA's incidents that is counted in it.
select
    n.operator,
    n.scope,
    n.month,
    'incidents' as of_column,
    'incidents of an entity' as part,
    'nhtsa_incident_month' as core_table,
    n.core_key,
    n.filing as from_filing,
    cast(n.incidents as decimal(28, 15)) as contribution
from incidents_in_force as n
