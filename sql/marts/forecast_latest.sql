-- One row per series, model, target period, quantity, output type and level (or threshold): the latest forecast of
-- each series, as it stands in the ledger. The ledger `forecast` has the earlier ones too.
with latest as (
    select
        series,
        max(sequence) as sequence
    from forecast
    group by series
)

select
    f.series,
    f.operator,
    f.scope,
    f.measure,
    f.unit,
    f.frequency,
    f.publication_id,
    f.origin,
    f.model,
    f.horizon,
    f.target_period,
    f.target_end,
    f.quantity,
    f.output_type,
    f.level,
    f.threshold,
    f.forecast_value,
    f.imputed,
    f.lower_bounds,
    f.code_version,
    f.parameters_sha256,
    f.seed
from forecast as f
inner join forecast as last on last.series = f.series and last.run_id = f.run_id
inner join latest as l on l.series = last.series and l.sequence = last.sequence
