-- One row per filing: records read against those loaded, superseded within the file, dropped by review, rejected and
-- blank. They add up, or the build stops.
select
    a.filing,
    'all' as operator,
    cast(null as varchar(60)) as scope,
    'records' as subject,
    cast(a.records_read as decimal(28, 9)) as left_value,
    cast(
        a.records_loaded + coalesce(a.records_superseded, 0) + coalesce(a.records_dropped, 0) + a.records_rejected
        + a.records_blank
        as decimal(28, 9)
    ) as right_value,
    cast(
        a.records_read - a.records_loaded - coalesce(a.records_superseded, 0) - coalesce(a.records_dropped, 0)
        - a.records_rejected - a.records_blank
        as decimal(28, 9)
    ) as difference,
    cast(0 as decimal(28, 9)) as tolerance,
    case
        when
            a.records_read
            = a.records_loaded + coalesce(a.records_superseded, 0) + coalesce(a.records_dropped, 0)
            + a.records_rejected + a.records_blank
            then 0
        else 1
    end as unexplained,
    cast(null as varchar(300)) as reason
from filing_account as a
