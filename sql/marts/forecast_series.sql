-- One row per series that is forecast, period and figure: what was said of the period, and when. `choice` is 1
-- for the figure that is known today, `issue_order` is 1 for the first one that was published. What had been
-- said by a day are the rows issued by then, the one with the lowest preference first. A month of mileage has
-- a row for each day on which a filing added to it, with the sum of the filings until then.
-- Waymo's trips in California are one series over a change of programme: scope_break is true for periods that
-- were counted under another scope than the last one. Periods without a figure have no row.
with orders as (
    select
        case operator when 'waymo' then 'orders/waymo/california' else 'orders/baidu/public_rides' end as series,
        operator,
        scope,
        'orders' as measure,
        'order' as unit,
        case measure when 'month_trips' then 'M' else 'Q' end as frequency,
        period,
        period_start,
        period_end,
        value,
        bound,
        confidence,
        issued_on,
        issued_on_estimated,
        preference,
        figure
    from figure_in_force
    where
        source = 'robotaxi_orders'
        and value is not null
        and (
            (operator = 'baidu' and scope = 'public_rides' and measure = 'quarter_orders')
            or (operator = 'waymo' and scope in ('cpuc_unspecified', 'cpuc_driverless') and measure = 'month_trips')
        )
),

deliveries as (
    select
        'deliveries/' || operator || '/' || measure as series,
        operator,
        scope,
        'deliveries' as measure,
        'car' as unit,
        'Q' as frequency,
        period,
        period_start,
        period_end,
        value,
        bound,
        confidence,
        issued_on,
        issued_on_estimated,
        preference,
        figure
    from figure_in_force
    where
        source = 'market_figures'
        and measure in ('total_deliveries', 'bev_passenger_sales')
        and substring(period from 5 for 1) = 'Q'
        and value is not null
),

months as (
    select
        m.operator,
        m.scope,
        m.month,
        m.issued_on,
        max(case when m.issued_on_estimated then 1 else 0 end) as estimated,
        sum(m.distance_km) as km
    from mileage_in_force as m
    group by m.operator, m.scope, m.month, m.issued_on
),

distance as (
    select
        'distance/' || operator || '/' || scope as series,
        operator,
        scope,
        'distance' as measure,
        'km' as unit,
        'M' as frequency,
        cast(extract(year from month) as varchar(4)) || '-'
        || substring(cast(100 + extract(month from month) as varchar(3)) from 2 for 2) as period,
        month as period_start,
        cast(month + interval '1' month - interval '1' day as date) as period_end,
        cast(sum(km) over so_far as decimal(28, 9)) as value,
        'exact' as bound,
        'high' as confidence,
        issued_on,
        estimated = 1 as issued_on_estimated,
        -row_number() over so_far as preference,
        'month' as figure
    from months
    window so_far as (
        partition by operator, scope, month
        order by issued_on
        rows between unbounded preceding and current row
    )
),

every as (
    select * from orders
    union all
    select * from deliveries
    union all
    select * from distance
)

select
    series,
    operator,
    scope,
    measure,
    unit,
    frequency,
    period,
    period_start,
    period_end,
    value,
    bound,
    confidence,
    scope <> first_value(scope) over (partition by series order by period_start desc, scope, figure) as scope_break,
    issued_on,
    issued_on_estimated,
    preference,
    row_number() over (partition by series, period_start order by preference, issued_on, figure) as choice,
    row_number() over (partition by series, period_start order by issued_on, preference, figure) as issue_order
from every
