-- One row per figure of Beijing and published figure that it is, or that its bounds are made of: at least the
-- operator's own last total, at most the city's later total less what the others had driven by then.
with bounded as (
    select *
    from beijing_mileage
    where km is null and confidence = 'derived' and basis = 'cumulative'
),

ends as (
    select 'km_low' as of_column
    union all
    select 'km_high' as of_column
),

parts as (
    select b.*, 'km_low' as of_column, 'own last total' as part, k.filing, k.core_key, k.km as contribution
    from bounded as b
    inner join beijing_last_by_company as k on k.operator = b.operator
    union all
    select b.*, 'km_high' as of_column, 'the city''s total' as part, t.filing, t.core_key, t.km as contribution
    from bounded as b
    inner join beijing_totals as t on t.operator = 'all' and t.scope = b.scope and t.through = b.through
    where b.km_high is not null
    union all
    select
        b.*,
        'km_high' as of_column,
        'less the city''s total when the operator''s own was last known' as part,
        c.filing,
        c.core_key,
        -c.km as contribution
    from bounded as b
    inner join beijing_last_by_company as c on c.operator = 'all'
    where b.km_high is not null
    union all
    select b.*, 'km_high' as of_column, 'own last total' as part, k.filing, k.core_key, k.km as contribution
    from bounded as b
    inner join beijing_last_by_company as k on k.operator = b.operator
    where b.km_high is not null
    union all
    select b.*, e.of_column, 'figure' as part, f.filing, f.core_key, f.km as contribution
    from beijing_mileage as b
    inner join ends as e
        on (e.of_column = 'km_low' and b.km_low is not null) or (e.of_column = 'km_high' and b.km_high is not null)
    inner join beijing_figures as f
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
    core_key,
    filing as from_filing,
    cast(km as decimal(28, 15)) as contribution
from beijing_figures
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
    core_key,
    filing as from_filing,
    cast(contribution as decimal(28, 15)) as contribution
from parts
