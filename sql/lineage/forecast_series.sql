-- One row per figure of a series that is forecast and record that it is: the published figure, or of a month of mileage
-- every row of the DMV's mileage that had been issued by then.
with figures as (
    select
        case
            when source = 'market_figures' then 'deliveries/' || operator || '/' || measure
            when operator = 'waymo' then 'orders/waymo/california'
            else 'orders/baidu/public_rides'
        end as series,
        period,
        period_start,
        issued_on,
        preference,
        filing,
        figure,
        value
    from figure_in_force
    where
        value is not null
        and (
            (
                source = 'robotaxi_orders'
                and (
                    (operator = 'baidu' and scope = 'public_rides' and measure = 'quarter_orders')
                    or (operator = 'waymo' and scope in ('cpuc_unspecified', 'cpuc_driverless') and measure = 'month_trips')
                )
            )
            or (
                source = 'market_figures'
                and measure in ('total_deliveries', 'bev_passenger_sales')
                and substring(period from 5 for 1) = 'Q'
            )
        )
)

select
    series,
    period,
    row_number() over (partition by series, period_start order by issued_on, preference, figure) as issue_order,
    'value' as of_column,
    'figure' as part,
    'published_figure' as core_table,
    'filing=' || filing || ', figure=' || figure as core_key,
    filing as from_filing,
    cast(value as decimal(28, 15)) as contribution
from figures
union all
select
    s.series,
    s.period,
    s.issue_order,
    'value' as of_column,
    'month of a permit' as part,
    'cadmv_mileage_month' as core_table,
    m.core_key,
    m.filing as from_filing,
    cast(m.distance_km as decimal(28, 15)) as contribution
from forecast_series as s
inner join mileage_in_force as m
    on m.operator = s.operator and m.scope = s.scope and m.month = s.period_start and m.issued_on <= s.issued_on
where s.measure = 'distance'
