-- One row per figure of Beijing and published figure that it is, or that its bounds are made of: at least the
-- operator's own last total, at most the city's later total less what the others had driven by then.
with figures as (
    select
        operator,
        scope,
        area,
        case measure when 'year_km' then 'year' else 'cumulative' end as basis,
        period_start,
        coalesce(as_of, period_end) as through,
        distance_km,
        filing,
        figure
    from figure_in_force
    where source = 'bjrt_mileage' and measure in ('year_km', 'cumulative_km') and choice = 1
),

totals as (
    select * from figures where basis = 'cumulative' and area = 'beijing'
),

bounded as (
    select *
    from beijing_mileage
    where km is null and confidence = 'derived' and basis = 'cumulative'
),

own as (
    select t.*
    from totals as t
    where
        t.scope = 'bjrt_general_test'
        and t.through = (
            select max(o.through) from totals as o where o.scope = 'bjrt_general_test' and o.operator <> 'all'
        )
),

ends as (
    select 'km_low' as of_column
    union all
    select 'km_high' as of_column
),

parts as (
    select b.*, 'km_low' as of_column, 'own last total' as part, k.filing, k.figure, k.distance_km as contribution
    from bounded as b
    inner join own as k on k.operator = b.operator
    union all
    select b.*, 'km_high' as of_column, 'the city''s total' as part, t.filing, t.figure, t.distance_km as contribution
    from bounded as b
    inner join totals as t on t.operator = 'all' and t.scope = b.scope and t.through = b.through
    where b.km_high is not null
    union all
    select
        b.*,
        'km_high' as of_column,
        'less the city''s total when the operator''s own was last known' as part,
        c.filing,
        c.figure,
        -c.distance_km as contribution
    from bounded as b
    inner join own as c on c.operator = 'all'
    where b.km_high is not null
    union all
    select b.*, 'km_high' as of_column, 'own last total' as part, k.filing, k.figure, k.distance_km as contribution
    from bounded as b
    inner join own as k on k.operator = b.operator
    where b.km_high is not null
    union all
    select b.*, e.of_column, 'figure' as part, f.filing, f.figure, f.distance_km as contribution
    from beijing_mileage as b
    inner join ends as e
        on (e.of_column = 'km_low' and b.km_low is not null) or (e.of_column = 'km_high' and b.km_high is not null)
    inner join figures as f
        on
            f.operator = b.operator
            and f.scope = b.scope
            and f.area = b.area
            and f.basis = b.basis
            and f.period_start is not distinct from b.period_start
            and f.through = b.through
    where b.km is not null
)

select
    operator,
    scope,
    area,
    basis,
    period_start,
    through,
    'km' as of_column,
    'figure' as part,
    'published_figure' as core_table,
    'filing=' || filing || ', figure=' || figure as core_key,
    filing as from_filing,
    cast(distance_km as decimal(28, 15)) as contribution
from figures
union all
select
    operator,
    scope,
    area,
    basis,
    period_start,
    through,
    of_column,
    part,
    'published_figure' as core_table,
    'filing=' || filing || ', figure=' || figure as core_key,
    filing as from_filing,
    cast(contribution as decimal(28, 15)) as contribution
from parts
