-- One row per line of coverage: the filing that holds it, or the reviewed gap.
select
    source,
    operator,
    scope,
    measure,
    period_start,
    period_end,
    status,
    filing,
    'status' as of_column,
    case when filing is null then 'reviewed gap' else 'filing' end as part,
    case when filing is null then 'known_gap' else 'filing' end as core_table,
    case
        when filing is null
            then
                'source=' || source || coalesce(', operator=' || operator, '') || coalesce(', scope=' || scope, '')
                || ', measure=' || measure || ', period_start=' || cast(period_start as varchar(10))
                || ', period_end=' || cast(period_end as varchar(10))
        else 'filing=' || filing
    end as core_key,
    filing as from_filing,
    cast(null as decimal(28, 15)) as contribution
from coverage
