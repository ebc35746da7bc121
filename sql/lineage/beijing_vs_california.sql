-- One row per cumulative distance and what it is made of: of California every annual total up to its year, in the
-- convention of the row; of Beijing the figures behind the row of beijing_mileage that it is.
with ends as (
    select 'km' as of_column
    union all
    select 'km_low' as of_column
    union all
    select 'km_high' as of_column
),

california as (
    select
        v.fleet,
        v.scope,
        v.convention,
        v.year,
        t.filing,
        t.core_key,
        t.km,
        t.km_high,
        case when v.km_low is null then 0 else 1 end as has_low
    from beijing_vs_california as v
    inner join annual_mileage_by_convention as t
        on
            t.operator = v.fleet
            and t.scope = v.scope
            and t.convention = v.convention
            and t.report_year <= v.year
    where v.region = 'california'
),

beijing as (
    select
        v.fleet,
        v.scope,
        v.convention,
        v.year,
        'operator=' || b.operator || ', scope=' || b.scope || ', area=' || b.area || ', basis=' || b.basis
        || coalesce(', period_start=' || cast(b.period_start as varchar(10)), '')
        || ', through=' || cast(b.through as varchar(10)) as figure_key,
        row_number() over (
            partition by v.fleet, v.scope, v.convention, v.year
            order by case b.basis when 'cumulative' then 0 else 1 end
        ) as place
    from beijing_vs_california as v
    inner join beijing_mileage as b
        on b.operator = v.fleet and b.scope = v.scope and b.area = 'beijing' and b.through = v.through
    where v.region = 'beijing'
)

select
    c.fleet,
    c.scope,
    c.convention,
    c.year,
    e.of_column,
    case e.of_column when 'km_high' then 'high end of a permit' else 'annual total of a permit' end
    || case c.convention when 'exact' then '' else ', 1 mi = 1.6 km' end as part,
    'cadmv_mileage_filer' as core_table,
    c.core_key,
    c.filing as from_filing,
    cast(case e.of_column when 'km_high' then c.km_high else c.km end as decimal(28, 15)) as contribution
from california as c
inner join ends as e on e.of_column <> 'km_low' or c.has_low = 1
union all
select
    b.fleet,
    b.scope,
    b.convention,
    b.year,
    l.column_name as of_column,
    l.part,
    l.core_table,
    l.core_key,
    l.filing as from_filing,
    l.contribution
from beijing as b
inner join lineage as l on l.mart = 'beijing_mileage' and l.figure_key = b.figure_key
where b.place = 1
