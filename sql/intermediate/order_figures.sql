-- One row per published figure of orders that was chosen for its cell, of a period or of the total up to a day.
select
    *,
    coalesce(as_of, period_end) as through,
    'filing=' || filing || ', figure=' || figure as core_key
from figure_in_force
where source = 'robotaxi_orders' and choice = 1 and value is not null
