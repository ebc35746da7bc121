-- One row per operator, and `all`, of the last day on which totals by company are known.
select t.*
from beijing_totals as t
where
    t.scope = 'bjrt_general_test'
    and t.through = (
        select max(o.through) from beijing_totals as o where o.scope = 'bjrt_general_test' and o.operator <> 'all'
    )
