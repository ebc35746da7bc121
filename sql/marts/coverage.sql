-- One row per source, operator, scope, measure and period: held, filed_empty (the publisher has an empty record),
-- what is missing and why, or what two filings seem to have: counted_twice, or counted_once where it was left out.
-- `holding` is what sources with core tables of their own hold: sql/coverage/ has a query for each.
with held as (
    select
        source,
        operator,
        scope,
        measure,
        period,
        period_start,
        period_end,
        'held' as status,
        cast(null as varchar(200)) as reason,
        regexp_replace(regexp_replace(filing, '^[^/]*/', ''), '-amended-[0-9]+$', '') as document,
        filing
    from holding
    union all
    select
        source,
        operator,
        scope,
        measure,
        coalesce(period, cast(as_of as varchar(10))) as period,
        coalesce(period_start, as_of) as period_start,
        coalesce(period_end, as_of) as period_end,
        case status when 'filed_empty' then 'filed_empty' else 'held' end as status,
        case confidence
            when 'unsourced' then 'unsourced: no page that prints it was found'
            when 'derived' then 'derived from other figures'
            else 'chosen by review: ' || choice_reason
        end as reason,
        cast(null as varchar(200)) as document,
        filing
    from (
        select
            f.*,
            row_number() over (
                partition by source, operator, scope, measure, period_start, period_end, as_of
                order by preference, issued_on, figure
            ) as place
        from figure_in_force as f
    ) as ranked
    where place = 1
)

select
    source,
    operator,
    scope,
    measure,
    period,
    period_start,
    period_end,
    status,
    reason,
    document,
    filing
from held
union all
select
    f.source,
    d.operator,
    d.scope,
    d.measure,
    substring(cast(d.month as varchar(10)) from 1 for 7) as period,
    d.month as period_start,
    cast(d.month + interval '1' month - interval '1' day as date) as period_end,
    case d.decision when 'left_out' then 'counted_once' else 'counted_twice' end as status,
    cast(d.value as varchar(40)) || ' also in ' || d.other_filing || ': ' || d.reason as reason,
    cast(null as varchar(200)) as document,
    d.filing
from known_double_count as d
inner join filing as f on f.filing = d.filing and f.in_force
inner join filing as o on o.filing = d.other_filing and o.in_force
union all
select
    g.source,
    g.operator,
    g.scope,
    coalesce(g.measure, 'filing') as measure,
    g.period,
    g.period_start,
    g.period_end,
    g.status,
    g.reason,
    g.document,
    cast(null as varchar(200)) as filing
from known_gap as g
where
    g.status = 'partial'
    -- A gap of a document is closed by that document alone, whatever else holds figures of its period
    or (
        g.document is not null
        and not exists (select 1 from held as h where h.source = g.source and h.document = g.document)
    )
    or (
        g.document is null
        and not exists (
        select 1
        from held as h
        where
            h.source = g.source
            -- Where nobody is called `all`, a gap of all means that nothing of the edition is held
            and (
                h.operator = g.operator
                or (
                    g.operator = 'all'
                    and not exists (select 1 from held as e where e.source = g.source and e.operator = 'all')
                )
            )
            and h.scope = g.scope
            and h.measure = g.measure
            and h.period_start = g.period_start
            and h.period_end = g.period_end
            and h.status = 'held'
        )
    )
