-- One row per changed column of a record and edition that has the record: before, and after unless it is gone.
with editions as (
    select filing, record_key, column_name, 'before' as part, supersedes as edition from record_change
    union all
    select filing, record_key, column_name, 'after' as part, filing as edition
    from record_change
    where change <> 'removed'
)

select
    e.filing,
    e.record_key,
    e.column_name,
    e.column_name as of_column,
    e.part,
    case when h.filing is null then 'published_figure' else 'record_hash' end as core_table,
    'filing=' || e.edition || case when h.filing is null then ', figure=' else ', record_key=' end || e.record_key
        as core_key,
    e.edition as from_filing,
    cast(null as decimal(28, 15)) as contribution
from editions as e
left join record_hash as h on h.filing = e.edition and h.record_key = e.record_key
