-- One row per operator, scope and month: trips in a city that there is not.
select
    t.operator,
    t.scope,
    t.month,
    t.orders,
    'exact' as bound
from toy_month as t
inner join filing as f on f.filing = t.filing and f.in_force
