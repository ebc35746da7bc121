-- One row per claim and figure of a mart that its verdict rests on, as the claim's file names them.
select
    claim,
    'verdict' as of_column,
    'evidence' as part,
    mart as core_table,
    figure_key as core_key,
    cast(null as varchar(200)) as from_filing,
    cast(null as decimal(28, 15)) as contribution
from claim_evidence
