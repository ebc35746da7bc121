-- One row per mileage filing with months, operator and permit: the annual total as printed (left) against the
-- sum of the months (right), in miles. Differences over one mile need a reviewed reason for that difference.
with months as (
    select filing, operator, scope, permit, sum(distance_mi_reported) as miles
    from cadmv_mileage_month
    group by filing, operator, scope, permit
)

select
    t.filing,
    t.operator,
    t.scope,
    'annual total and months of ' || t.permit as subject,
    cast(t.annual_mi as decimal(28, 9)) as left_value,
    cast(m.miles as decimal(28, 9)) as right_value,
    cast(t.annual_mi - m.miles as decimal(28, 9)) as difference,
    cast(1 as decimal(28, 9)) as tolerance,
    case when abs(t.annual_mi - m.miles) <= 1 or k.reason is not null then 0 else 1 end as unexplained,
    k.reason
from cadmv_mileage_filer as t
inner join months as m
    on m.filing = t.filing and m.operator = t.operator and m.scope = t.scope and m.permit = t.permit
left join known_difference as k
    on
        k.check_name = 'crosscheck_months'
        and k.filing = t.filing
        and k.operator = t.operator
        and k.difference = t.annual_mi - m.miles
