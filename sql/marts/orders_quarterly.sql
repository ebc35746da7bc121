-- One row per operator, scope and calendar quarter: orders served, one figure for each, chosen by review or by
-- confidence. An unsourced figure carries that word; a lower bound stays one.
select
    operator,
    scope,
    period as quarter,
    period_start as quarter_start,
    value as orders,
    bound,
    confidence,
    issued_on,
    issued_on_estimated,
    title_printed,
    url
from order_figures
where measure = 'quarter_orders'
