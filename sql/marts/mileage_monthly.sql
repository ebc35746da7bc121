-- One row per operator, scope and month: the distance that the filings in force report for that month.
-- Filings of one scope that reach over the same months (a first-time report and the report year after it)
-- are added, since each counts its own vehicles. For printed annual totals see mileage_report_year.
select
    m.operator,
    m.scope,
    m.month,
    cast(sum(m.distance_km) as decimal(28, 15)) as distance_km,
    cast(sum(m.distance_mi_reported) as decimal(18, 9)) as distance_mi_reported,
    -- A transcription need not know the vehicles, and then the month does not
    case count(m.vehicles) when count(*) then cast(sum(m.vehicles) as bigint) end as vehicles,
    case count(m.vehicles_masked) when count(*) then cast(sum(m.vehicles_masked) as bigint) end as vehicles_masked,
    case when min(m.bound) = max(m.bound) then min(m.bound) else 'approximate' end as bound,
    case
        when min(case m.confidence when 'high' then 1 else 0 end) = 1 then 'high'
        else min(case m.confidence when 'high' then null else m.confidence end)
    end as confidence
from mileage_in_force as m
group by m.operator, m.scope, m.month
