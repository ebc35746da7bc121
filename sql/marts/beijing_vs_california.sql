-- One row per fleet, scope, unit convention and year (2018 to 2022): the cumulative distance at the end of that
-- year, Baidu and Pony.ai in Beijing against Waymo and Cruise in California. California's report years end on
-- 30 November; its miles become kilometres exactly, or by 1.6 as in the report of 2024 (Beijing is in
-- kilometres anyway). Driverless testing has rows of its own from its first report year on, a first report of
-- 23 months counting wholly in its report year. Where a fleet is only bounded, km is null.
with california_years as (
    select
        operator as fleet,
        scope,
        convention,
        report_year as year,
        max(period_end) as through,
        sum(km) as km,
        sum(km_high) as km_high,
        max(case bound when 'exact' then 0 else 1 end) as inexact
    from annual_mileage_by_convention
    where operator in ('waymo', 'cruise')
    group by operator, scope, convention, report_year
),

california_so_far as (
    select
        fleet,
        scope,
        convention,
        year,
        through,
        cast(sum(km) over so_far as decimal(28, 15)) as km,
        cast(sum(km_high) over so_far as decimal(28, 15)) as km_high,
        max(inexact) over so_far as inexact
    from california_years
    window so_far as (
        partition by fleet, scope, convention
        order by year
        rows between unbounded preceding and current row
    )
),

beijing as (
    -- In the first report year the cumulative distance is the year's own
    select
        operator as fleet,
        scope,
        through,
        km,
        km_low,
        km_high,
        km_high_bound,
        bound,
        row_number() over (
            partition by operator, scope, through
            order by case basis when 'cumulative' then 0 else 1 end
        ) as choice
    from beijing_mileage
    where
        operator in ('baidu', 'pony_ai')
        and area = 'beijing'
        and scope in ('bjrt_general_test', 'bjrt_all_categories')
        and extract(month from through) = 12
        and extract(day from through) = 31
        and (basis = 'cumulative' or extract(year from through) = 2018)
)

select
    fleet,
    'california' as region,
    scope,
    convention,
    year,
    through,
    km,
    case inexact when 0 then km end as km_low,
    km_high,
    case inexact when 0 then 'exact' else 'approximate' end as km_high_bound,
    case inexact when 0 then 'exact' else 'approximate' end as bound
from california_so_far
union all
select
    b.fleet,
    'beijing' as region,
    b.scope,
    c.convention,
    cast(extract(year from b.through) as bigint) as year,
    b.through,
    b.km,
    b.km_low,
    b.km_high,
    b.km_high_bound,
    b.bound
from beijing as b
cross join unit_conventions as c
where b.choice = 1 and extract(year from b.through) between 2018 and 2022
