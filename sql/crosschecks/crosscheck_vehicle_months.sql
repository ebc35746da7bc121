-- One row per record of a mileage file that prints an annual total: that total (left) against the sum of the
-- record's months (right), in miles. Only where the publisher's own file is read.
select
    v.filing,
    v.operator,
    v.scope,
    'annual total and months of record ' || cast(v.record as varchar(20)) as subject,
    cast(v.annual_mi as decimal(28, 9)) as left_value,
    cast(v.months_mi as decimal(28, 9)) as right_value,
    cast(v.annual_mi - v.months_mi as decimal(28, 9)) as difference,
    cast(1 as decimal(28, 9)) as tolerance,
    case when abs(v.annual_mi - v.months_mi) <= 1 or k.reason is not null then 0 else 1 end as unexplained,
    k.reason
from cadmv_vehicle_report as v
left join known_difference as k
    on
        k.check_name = 'crosscheck_vehicle_months'
        and k.filing = v.filing
        and k.record = v.record
        and k.difference = v.annual_mi - v.months_mi
where v.annual_mi is not null
