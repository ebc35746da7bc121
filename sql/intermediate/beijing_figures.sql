-- One row per published figure of kilometres in Beijing that was chosen for its cell.
select
    operator,
    scope,
    area,
    case measure when 'year_km' then 'year' else 'cumulative' end as basis,
    period_start,
    coalesce(as_of, period_end) as through,
    distance_km as km,
    bound,
    confidence,
    issued_on,
    issued_on_estimated,
    title_printed,
    url,
    filing,
    'filing=' || filing || ', figure=' || figure as core_key
from figure_in_force
where source = 'bjrt_mileage' and measure in ('year_km', 'cumulative_km') and choice = 1
