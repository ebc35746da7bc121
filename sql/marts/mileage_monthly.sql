-- One row per operator, scope and month: the distance that the filings in force report for that month.
-- Filings of one scope that reach over the same months (a first-time report and the report year after it)
-- are added, since each counts its own vehicles. For printed annual totals see mileage_report_year.
select
    m.operator,
    m.scope,
    m.month,
    cast(sum(m.distance_km) as decimal(28, 15)) as distance_km,
    cast(sum(m.distance_mi_reported) as decimal(18, 9)) as distance_mi_reported,
    cast(sum(m.vehicles) as bigint) as vehicles,
    cast(sum(m.vehicles_masked) as bigint) as vehicles_masked,
    'exact' as bound
from mileage_in_force as m
group by m.operator, m.scope, m.month
