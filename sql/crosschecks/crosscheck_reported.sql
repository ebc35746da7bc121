-- One row per annual total of the DMV that somebody else quotes: the DMV's figure (left) against the quotation
-- (right), in the quotation's unit, by the mile of 1.6 km that those quotations use. Quotations are rounded,
-- so a difference of up to 5 % is none.
with years as (
    select operator, scope, report_year, sum(distance_mi_reported) as miles
    from mileage_report_year
    group by operator, scope, report_year
    union all
    select 'all' as operator, scope, report_year, sum(distance_mi_reported) as miles
    from mileage_report_year
    group by scope, report_year
),

quoted as (
    select
        p.*,
        case p.scope
            when 'cadmv_testing_with_driver_reported' then 'cadmv_testing_with_driver'
            else 'cadmv_testing_driverless'
        end as dmv_scope,
        case p.unit when 'km' then 1.6 else 1.0 end as factor
    from figure_in_force as p
    where p.scope in ('cadmv_testing_with_driver_reported', 'cadmv_testing_driverless_reported')
)

select
    q.filing,
    q.operator,
    y.scope,
    q.measure || ' ' || q.figure as subject,
    cast(y.miles * q.factor as decimal(28, 9)) as left_value,
    q.value as right_value,
    cast(y.miles * q.factor - q.value as decimal(28, 9)) as difference,
    cast(q.value * 0.05 as decimal(28, 9)) as tolerance,
    case
        when abs(y.miles * q.factor - q.value) <= q.value * 0.05 or k.reason is not null then 0
        else 1
    end as unexplained,
    k.reason
from quoted as q
inner join years as y
    on
        y.operator = q.operator
        and y.scope = q.dmv_scope
        and y.report_year = extract(year from q.period_end)
left join known_difference as k
    on k.check_name = 'crosscheck_reported' and k.filing = q.filing and k.record = q.record
