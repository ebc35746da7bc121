-- One row per month of a permit, of the filings in force, with the key that lineage knows it by.
select
    m.operator,
    m.scope,
    m.month,
    m.distance_km,
    m.distance_mi_reported,
    m.vehicles,
    m.vehicles_masked,
    m.bound,
    m.confidence,
    m.filing,
    f.issued_on,
    f.issued_on_estimated,
    'filing=' || m.filing || ', permit=' || m.permit || ', month=' || cast(m.month as varchar(10)) as core_key
from cadmv_mileage_month as m
inner join filing as f on f.filing = m.filing and f.in_force
