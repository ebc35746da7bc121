-- One row per operator, scope, measure, period and first day: the figure of orders that was chosen in these days, by
-- review, then by confidence, then the earlier one. A figure that went with its filing, without another in its
-- place, leaves a row `removed` without a number. What was believed on a day D: known_from <= D and (known_to is
-- null or known_to >= D). A figure without a number was filed empty.
with active as (
    select
        p.operator,
        p.scope,
        p.measure,
        p.period,
        p.period_start,
        p.period_end,
        p.value,
        p.bound,
        p.confidence,
        p.preference,
        p.issued_on,
        p.figure,
        p.filing,
        case when p.issued_on > v.known_from then p.issued_on else v.known_from end as active_from,
        v.known_to as active_to
    from published_figure as p
    inner join filing_vintage as v on v.filing = p.filing and v.state_known = 'in_force'
    where
        p.source = 'robotaxi_orders'
        and p.measure in ('quarter_orders', 'month_trips')
        and p.confidence <> 'claim'
        and (v.known_to is null or p.issued_on <= v.known_to)
),

points as (
    select operator, scope, measure, period_start, period_end, active_from as first_day
    from active
    union
    select operator, scope, measure, period_start, period_end, active_to + 1 as first_day
    from active
    where active_to is not null
),

stretches as (
    select
        operator,
        scope,
        measure,
        period_start,
        period_end,
        first_day,
        lead(first_day) over (
            partition by operator, scope, measure, period_start, period_end order by first_day
        ) - 1 as last_day
    from points
),

ranked as (
    select
        s.operator,
        s.scope,
        s.measure,
        s.period_start,
        s.period_end,
        s.first_day,
        s.last_day,
        a.period,
        a.value,
        a.bound,
        a.confidence,
        a.figure,
        a.filing,
        row_number() over (
            partition by s.operator, s.scope, s.measure, s.period_start, s.period_end, s.first_day
            order by a.preference, a.issued_on, a.figure
        ) as place
    from stretches as s
    left join active as a
        on
            a.operator = s.operator
            and a.scope = s.scope
            and a.measure = s.measure
            and a.period_start = s.period_start
            and a.period_end = s.period_end
            and a.active_from <= s.first_day
            and (a.active_to is null or a.active_to >= s.first_day)
),

marked as (
    select
        r.*,
        case
            when
                coalesce(r.filing || ' ' || r.figure, '') = lag(coalesce(r.filing || ' ' || r.figure, '')) over (
                    partition by r.operator, r.scope, r.measure, r.period_start, r.period_end order by r.first_day
                )
                then 0
            else 1
        end as begins
    from ranked as r
    where r.place = 1
),

numbered as (
    select
        m.*,
        sum(m.begins) over (
            partition by m.operator, m.scope, m.measure, m.period_start, m.period_end order by m.first_day
        ) as stretch
    from marked as m
),

labels as (
    select operator, scope, measure, period_start, period_end, min(period) as period
    from active
    group by operator, scope, measure, period_start, period_end
)

select
    n.operator,
    n.scope,
    n.measure,
    l.period,
    n.period_start,
    n.period_end,
    case when min(n.figure) is null then 'removed' else 'reported' end as state_known,
    min(n.value) as orders,
    min(n.bound) as bound,
    min(n.confidence) as confidence,
    min(n.first_day) as known_from,
    case when count(n.last_day) = count(*) then max(n.last_day) end as known_to,
    min(n.filing) as filing,
    min(n.figure) as figure
from numbered as n
inner join labels as l
    on
        l.operator = n.operator
        and l.scope = n.scope
        and l.measure = n.measure
        and l.period_start = n.period_start
        and l.period_end = n.period_end
group by n.operator, n.scope, n.measure, l.period, n.period_start, n.period_end, n.stretch
