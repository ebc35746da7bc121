-- One row per figure of a filing in force that may be published: published_figure without the filings that an
-- amendment has superseded, and without claims, which are what a report under review says and never evidence.
-- `choice` is 1 for the figure that is published of its cell: chosen by review, else by confidence.
select
    p.source,
    p.filing,
    p.figure,
    p.record,
    p.operator,
    p.scope,
    p.area,
    p.measure,
    p.segment,
    p.region,
    p.period,
    p.period_start,
    p.period_end,
    p.as_of,
    p.value,
    p.unit,
    p.distance_km,
    p.bound,
    p.confidence,
    p.status,
    p.preference,
    row_number() over (
        partition by
            p.source,
            p.operator,
            p.scope,
            p.area,
            p.measure,
            p.segment,
            p.region,
            p.period_start,
            p.period_end,
            p.as_of
        order by p.preference, p.issued_on, p.figure
    ) as choice,
    p.choice_reason,
    p.issued_on,
    p.issued_on_estimated,
    p.title_printed,
    p.url
from published_figure as p
inner join filing as f on f.filing = p.filing and f.in_force
where p.confidence <> 'claim'
