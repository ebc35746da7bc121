-- One row per figure of a filing in force: the published figure that it is. One that was filed empty adds nothing.
select
    filing,
    figure,
    'value' as of_column,
    'figure' as part,
    'published_figure' as core_table,
    'filing=' || filing || ', figure=' || figure as core_key,
    filing as from_filing,
    cast(value as decimal(28, 15)) as contribution
from figure_in_force
