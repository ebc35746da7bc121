-- One row per operator, scope, report year and period: the annual total that the filing in force prints (the
-- months where it prints none). First-time and first driverless reports reach back up to 23 months and
-- count wholly in the report year of their filing; period_start and period_end say so.
select
    t.operator,
    t.scope,
    t.report_year,
    t.period_start,
    t.period_end,
    t.annual_km as distance_km,
    t.annual_mi as distance_mi_reported,
    t.annual_km_high as km_high,
    t.disengagements,
    t.bound,
    t.confidence,
    t.filing
from annual_mileage_in_force as t
