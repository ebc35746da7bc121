-- One row per mileage filing with months, operator and permit: the months it has (left) against the months of
-- its period (right). None may be missing.
with months as (
    select filing, operator, scope, permit, count(*) as months
    from cadmv_mileage_month
    group by filing, operator, scope, permit
)

select
    t.filing,
    t.operator,
    t.scope,
    'months of ' || t.permit as subject,
    cast(m.months as decimal(28, 9)) as left_value,
    cast(
        (extract(year from t.period_end) - extract(year from t.period_start)) * 12
        + extract(month from t.period_end) - extract(month from t.period_start) + 1
        as decimal(28, 9)
    ) as right_value,
    cast(
        m.months
        - (
            (extract(year from t.period_end) - extract(year from t.period_start)) * 12
            + extract(month from t.period_end) - extract(month from t.period_start) + 1
        )
        as decimal(28, 9)
    ) as difference,
    cast(0 as decimal(28, 9)) as tolerance,
    case
        when
            m.months
            = (extract(year from t.period_end) - extract(year from t.period_start)) * 12
            + extract(month from t.period_end) - extract(month from t.period_start) + 1
            then 0
        else 1
    end as unexplained,
    cast(null as varchar(200)) as reason
from cadmv_mileage_filer as t
inner join months as m
    on m.filing = t.filing and m.operator = t.operator and m.scope = t.scope and m.permit = t.permit
