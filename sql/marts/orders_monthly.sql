-- One row per operator, scope and calendar month: orders (trips) served. California's programme changes in
-- August 2023, which is a change of scope; months that were filed empty are in coverage, not here as zeros.
select
    operator,
    scope,
    period_start as month,
    value as orders,
    bound,
    confidence,
    issued_on,
    issued_on_estimated,
    title_printed,
    url
from order_figures
where measure = 'month_trips'
