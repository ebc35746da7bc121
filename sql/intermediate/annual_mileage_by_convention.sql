-- One row per annual total of a permit of the report years 2018 to 2022 and unit convention.
select
    t.operator,
    t.scope,
    c.convention,
    t.report_year,
    t.period_end,
    t.bound,
    case c.convention when 'exact' then t.annual_km else cast(t.annual_mi * 1.6 as decimal(28, 15)) end as km,
    case
        when c.convention = 'exact' then coalesce(t.annual_km_high, t.annual_km)
        else cast(coalesce(t.annual_mi_high, t.annual_mi) * 1.6 as decimal(28, 15))
    end as km_high,
    t.filing,
    t.core_key
from annual_mileage_in_force as t
cross join unit_conventions as c
where t.report_year between 2018 and 2022
