-- One row per figure that was not chosen: the published figure of its cell (left) against it (right). Where
-- they differ, in value or in bound, a reviewed line of choices.csv gives the reason for the choice.
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
from figure_in_force as chosen
inner join figure_in_force as other
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
where chosen.choice = 1 and other.choice > 1 and chosen.value is not null and other.value is not null
