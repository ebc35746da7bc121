-- One row per operator, scope, month, filing and first day: what the filing says, and from when to when it was in
-- force. Filings of one scope add up, as in mileage_monthly. An operator or month that an earlier filing of the
-- same chain had and the one in force has not, or that was withdrawn with its filing, is a row `removed` without a
-- distance. What was believed on a day D: known_from <= D and (known_to is null or known_to >= D).
with said as (
    select
        filing,
        operator,
        scope,
        month,
        sum(distance_km) as distance_km
    from cadmv_mileage_month
    group by filing, operator, scope, month
),

ever as (
    select
        v.chain,
        s.operator,
        s.scope,
        s.month,
        min(v.known_from) as first_known
    from said as s
    inner join filing_vintage as v on v.filing = s.filing and v.state_known = 'in_force'
    group by v.chain, s.operator, s.scope, s.month
)

select
    e.operator,
    e.scope,
    e.month,
    case when s.filing is null then 'removed' else 'reported' end as state_known,
    cast(s.distance_km as decimal(28, 15)) as distance_km,
    'exact' as bound,
    v.known_from,
    v.known_to,
    v.filing
from filing_vintage as v
inner join ever as e on e.chain = v.chain and e.first_known <= v.known_from
left join said as s
    on
        s.filing = v.filing
        and s.operator = e.operator
        and s.scope = e.scope
        and s.month = e.month
        and v.state_known = 'in_force'
