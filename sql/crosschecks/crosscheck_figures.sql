-- One row per figure that was not chosen: the published figure of its cell (left) against it (right). Where
-- they differ, in value or in bound, a reviewed line of choices.csv gives the reason for the choice.
with ranked as (
    select
        f.*,
        row_number() over (
            partition by source, operator, scope, area, measure, segment, region, period_start, period_end, as_of
            order by preference, issued_on, figure
        ) as choice
    from figure_in_force as f
    where value is not null
)

select
    other.filing,
    other.operator,
    other.scope,
    other.measure || ' ' || chosen.figure || ' and ' || other.figure as subject,
    chosen.value as left_value,
    other.value as right_value,
    cast(chosen.value - other.value as decimal(28, 9)) as difference,
    cast(0 as decimal(28, 9)) as tolerance,
    case
        when (chosen.value = other.value and chosen.bound = other.bound) or chosen.choice_reason is not null then 0
        else 1
    end as unexplained,
    chosen.choice_reason as reason
from ranked as chosen
inner join ranked as other
    on
        other.source = chosen.source
        and other.operator = chosen.operator
        and other.scope = chosen.scope
        and coalesce(other.area, '') = coalesce(chosen.area, '')
        and other.measure = chosen.measure
        and coalesce(other.segment, '') = coalesce(chosen.segment, '')
        and coalesce(other.region, '') = coalesce(chosen.region, '')
        and coalesce(other.period_start, date '1900-01-01') = coalesce(chosen.period_start, date '1900-01-01')
        and coalesce(other.period_end, date '1900-01-01') = coalesce(chosen.period_end, date '1900-01-01')
        and coalesce(other.as_of, date '1900-01-01') = coalesce(chosen.as_of, date '1900-01-01')
where chosen.choice = 1 and other.choice > 1
