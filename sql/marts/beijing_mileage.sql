-- One row per operator (or `all`), scope, area, basis and period: road-test kilometres in Beijing as published,
-- one figure for each cell, chosen by review or by confidence. Delivery areas are never added, a passenger
-- pilot is part of a total, and the 2022 total counts more categories than those before it.
-- After the last year with figures by company, an operator has bounds only: at least what it had driven, at
-- most the city's later total less what the others had driven by then. That high end is given only for an
-- operator that had driven most of the city's distance; for others it says nothing.
with bounded as (
    select
        k.operator,
        later.scope,
        k.area,
        k.basis,
        k.period_start,
        later.through,
        cast(null as decimal(28, 15)) as km,
        k.km as km_low,
        case when k.km * 2 > city.km then cast(later.km - (city.km - k.km) as decimal(28, 15)) end as km_high,
        case when k.km * 2 > city.km then 'approximate' end as km_high_bound,
        'at_least' as bound,
        'derived' as confidence,
        greatest(k.issued_on, city.issued_on, later.issued_on) as issued_on,
        k.issued_on_estimated or city.issued_on_estimated or later.issued_on_estimated as issued_on_estimated,
        later.title_printed,
        later.url
    from beijing_last_by_company as k
    inner join beijing_totals as city
        on city.operator = 'all' and city.scope = k.scope and city.through = k.through
    inner join beijing_totals as later
        on
            later.operator = 'all'
            and later.scope in ('bjrt_general_test', 'bjrt_all_categories')
            and later.through > k.through
            and extract(month from later.through) = 12
            and extract(day from later.through) = 31
    where k.operator <> 'all'
)

select
    c.operator,
    c.scope,
    c.area,
    c.basis,
    c.period_start,
    c.through,
    c.km,
    case
        when c.bound in ('exact', 'at_least') then c.km
        when c.bound = 'derived' and (ends.km is null or c.basis = 'cumulative' or before.km is not null) then c.km
    end as km_low,
    case
        when c.bound in ('exact', 'at_most') then c.km
        when c.bound = 'derived' and (
            ends.km is null or c.basis = 'cumulative' or (before.km is not null and ends.bound = 'exact')
        )
            then c.km
    end as km_high,
    case
        when c.bound in ('exact', 'at_most') then c.bound
        when c.bound = 'derived' and (
            ends.km is null or c.basis = 'cumulative' or (before.km is not null and ends.bound = 'exact')
        )
            then c.bound
    end as km_high_bound,
    c.bound,
    c.bound = 'derived' and c.basis = 'year' and ends.km is not null and before.km is null as scope_break,
    c.confidence,
    c.issued_on,
    c.issued_on_estimated,
    c.title_printed,
    c.url
from beijing_figures as c
-- A year that was derived from two totals is as firm as they are, and bridges a break where the first of
-- them counts under another scope
left join beijing_totals as ends
    on ends.operator = c.operator and ends.scope = c.scope and ends.area = c.area and ends.through = c.through
left join beijing_totals as before
    on
        before.operator = c.operator
        and before.scope = c.scope
        and before.area = c.area
        and extract(year from before.through) = extract(year from c.through) - 1
        and extract(month from before.through) = 12
        and extract(day from before.through) = 31
union all
select
    operator,
    scope,
    area,
    basis,
    period_start,
    through,
    km,
    km_low,
    km_high,
    km_high_bound,
    bound,
    scope <> 'bjrt_general_test' as scope_break,
    confidence,
    issued_on,
    issued_on_estimated,
    title_printed,
    url
from bounded
