-- One row per operator, scope, report year and period: kilometres per disengagement, both as printed in the
-- mileage filing, with the exact two-sided Poisson interval (Garwood 1936; `poisson_limit`). Without any disengagement
-- there is no rate and no high end. Firms define a disengagement differently: compare with care.
select
    y.operator,
    y.scope,
    y.report_year,
    y.period_start,
    y.period_end,
    y.disengagements,
    y.distance_km,
    case when y.disengagements > 0 then cast(y.distance_km as double precision) / y.disengagements end
        as km_per_disengagement,
    cast(y.distance_km as double precision) / p.upper as km_per_disengagement_low,
    case when p.lower > 0 then cast(y.distance_km as double precision) / p.lower end as km_per_disengagement_high,
    y.bound
from mileage_report_year as y
inner join poisson_limit as p on p.events = y.disengagements
