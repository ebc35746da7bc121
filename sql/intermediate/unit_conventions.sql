-- One row per convention in which miles become kilometres: exactly, or by 1.6 as in the report of 2024.
select 'exact' as convention
union all
select 'report_1_6' as convention
