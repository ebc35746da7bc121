-- One row per operator, scope and month: crash reports in their highest version, and incidents, of the filings in
-- force. Incidents that several entities report stand with each of them, and once with operator `all`: rows of
-- operators do not add up to it. Reports without a month are in nhtsa_incident_month only. A month that began less
-- than 92 days before the latest filing was issued is `at_least`: reports of it still come in.
select
    n.operator,
    n.scope,
    n.month,
    cast(sum(n.reports) as bigint) as reports,
    cast(sum(n.incidents) as bigint) as incidents,
    cast(sum(n.incidents_shared) as bigint) as incidents_shared,
    cast(sum(n.incidents_injury) as bigint) as incidents_injury,
    case when max(l.latest) - n.month < 92 then 'at_least' else 'exact' end as bound
from incidents_in_force as n
cross join (select max(issued_on) as latest from filing where source = 'nhtsa_sgo' and in_force) as l
group by n.operator, n.scope, n.month
