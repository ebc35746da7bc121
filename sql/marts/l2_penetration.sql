-- One row per measure, segment and period: share of new cars that have the function, in per cent. The base decides
-- the number (fitted as standard or on any trim, new-energy or all cars): the segment names it.
select
    operator as vendor,
    measure,
    coalesce(segment, 'all') as segment,
    period,
    period_start,
    period_end,
    value,
    unit,
    bound,
    confidence,
    issued_on,
    issued_on_estimated,
    title_printed,
    url
from figure_in_force
where source = 'market_figures' and measure like '%penetration' and choice = 1 and value is not null
