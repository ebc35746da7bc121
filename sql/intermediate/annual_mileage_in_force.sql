-- One row per annual total of a permit, of the filings in force, with the key that lineage knows it by.
select
    t.operator,
    t.scope,
    t.report_year,
    t.period_start,
    t.period_end,
    t.annual_km,
    t.annual_mi,
    t.annual_km_high,
    t.annual_mi_high,
    t.disengagements,
    t.bound,
    t.confidence,
    t.filing,
    'filing=' || t.filing || ', permit=' || t.permit as core_key
from cadmv_mileage_filer as t
inner join filing as f on f.filing = t.filing and f.in_force
