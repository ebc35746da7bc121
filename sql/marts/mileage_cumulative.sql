-- One row per operator, scope and month: the distance of all months held from the first one to this one.
-- Months without a figure are not filled in: months_missing says how many lie in between, and with any of
-- them missing the sum is a lower bound. The 2018 totals have no months and are not in it.
select
    operator,
    scope,
    month,
    distance_km_cumulative,
    distance_mi_cumulative,
    since,
    months_held,
    months_spanned - months_held as months_missing,
    case
        when months_spanned > months_held then 'at_least'
        when one_bound = other_bound then one_bound
        else 'approximate'
    end as bound
from (
    select
        operator,
        scope,
        month,
        cast(sum(distance_km) over so_far as decimal(28, 15)) as distance_km_cumulative,
        cast(sum(distance_mi_reported) over so_far as decimal(18, 9)) as distance_mi_cumulative,
        min(month) over so_far as since,
        count(*) over so_far as months_held,
        min(bound) over so_far as one_bound,
        max(bound) over so_far as other_bound,
        cast(
            (extract(year from month) - extract(year from min(month) over so_far)) * 12
            + extract(month from month) - extract(month from min(month) over so_far) + 1
            as bigint
        ) as months_spanned
    from mileage_monthly
    window so_far as (
        partition by operator, scope
        order by month
        rows between unbounded preceding and current row
    )
) as running
