-- One row per operator, scope and calendar quarter: the sum of the months held, and how many they are.
-- The DMV's report years end in November, so a first or last quarter can hold one or two months only.
select
    operator,
    scope,
    cast(extract(year from month) as varchar(4)) || 'Q' || cast(extract(quarter from month) as varchar(1)) as quarter,
    cast(date_trunc('quarter', month) as date) as quarter_start,
    count(*) as months,
    cast(sum(distance_km) as decimal(28, 15)) as distance_km,
    cast(sum(distance_mi_reported) as decimal(18, 9)) as distance_mi_reported,
    case
        when count(*) < 3 then 'at_least'
        when min(bound) = max(bound) then min(bound)
        else 'approximate'
    end as bound
from mileage_monthly
group by
    operator,
    scope,
    cast(extract(year from month) as varchar(4)) || 'Q' || cast(extract(quarter from month) as varchar(1)),
    cast(date_trunc('quarter', month) as date)
