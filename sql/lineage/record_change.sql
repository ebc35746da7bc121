-- One row per changed column of a record and edition that has the record: before, and after unless it is gone.
with editions as (
    select filing, record_key, column_name, source, 'before' as part, supersedes as edition from record_change
    union all
    select filing, record_key, column_name, source, 'after' as part, filing as edition
    from record_change
    where change <> 'removed'
)

select
    filing,
    record_key,
    column_name,
    column_name as of_column,
    part,
    case source when 'nhtsa_sgo' then 'record_hash' else 'published_figure' end as core_table,
    'filing=' || edition || case source when 'nhtsa_sgo' then ', record_key=' else ', figure=' end || record_key as core_key,
    edition as from_filing,
    cast(null as decimal(28, 15)) as contribution
from editions
