-- One row per company, measure and quarter: battery-electric cars delivered (Tesla: all its cars; BYD: passenger
-- cars without hybrids). A final figure is preferred to a preliminary one where it has a source.
select
    operator as company,
    measure,
    coalesce(segment, 'all') as segment,
    period,
    period_start as quarter_start,
    value,
    unit,
    status,
    bound,
    confidence,
    issued_on,
    issued_on_estimated,
    title_printed,
    url
from figure_in_force
where 
    source = 'market_figures'
    and measure in ('total_deliveries', 'bev_passenger_sales')
    and substring(period from 5 for 1) = 'Q'
    and choice = 1
    and value is not null
