-- One row per vendor, measure, segment and period: share of the vendor, in per cent. Segments are counted on
-- different bases (chips or cars, with or without Tesla, all or urban functions) and are not comparable.
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
where source = 'market_figures' and measure like '%share' and choice = 1 and value is not null
