-- One row per filing, record and column that an edition has otherwise than the edition it replaces, whether or not a
-- figure moved: `changed` with the old and new value, or hashes of them where the text is not ours to carry, and
-- `removed` for a record that is gone. New records are not changes. Keyed sources only: crash reports by report and
-- version, transcribed figures by figure.
with cells as (
    select filing, record_key, 'cells of figures' as column_name, hash_figures as content
    from record_hash
    union all
    select filing, record_key, 'narrative' as column_name, hash_text as content
    from record_hash
    union all
    select filing, record_key, 'other cells' as column_name, hash_other as content
    from record_hash
    union all
    select filing, figure as record_key, 'value' as column_name, cast(value as varchar(60)) as content
    from published_figure
    union all
    select filing, figure as record_key, 'unit' as column_name, unit as content
    from published_figure
    union all
    select filing, figure as record_key, 'bound' as column_name, bound as content
    from published_figure
    union all
    select filing, figure as record_key, 'confidence' as column_name, confidence as content
    from published_figure
    union all
    select filing, figure as record_key, 'status' as column_name, status as content
    from published_figure
    union all
    select filing, figure as record_key, 'period' as column_name, period as content
    from published_figure
    union all
    select filing, figure as record_key, 'as_of' as column_name, cast(as_of as varchar(10)) as content
    from published_figure
    union all
    select filing, figure as record_key, 'published_on' as column_name, published_on as content
    from published_figure
    union all
    select filing, figure as record_key, 'printed' as column_name, printed as content
    from published_figure
    union all
    select filing, figure as record_key, 'title_printed' as column_name, title_printed as content
    from published_figure
    union all
    select filing, figure as record_key, 'url' as column_name, url as content
    from published_figure
),

compared as (
    select
        f.source,
        f.supersedes,
        f.filing,
        before.record_key,
        before.column_name,
        before.content as old,
        later.content as new,
        case when later.record_key is null then 1 else 0 end as gone
    from filing as f
    inner join cells as before on before.filing = f.supersedes
    left join cells as later
        on
            later.filing = f.filing
            and later.record_key = before.record_key
            and later.column_name = before.column_name
)

select
    source,
    supersedes,
    filing,
    record_key,
    'changed' as change,
    column_name,
    old,
    new
from compared
where gone = 0 and old is distinct from new
union all
select distinct
    source,
    supersedes,
    filing,
    record_key,
    'removed' as change,
    'record' as column_name,
    cast(null as varchar(60)) as old,
    cast(null as varchar(60)) as new
from compared
where gone = 1
