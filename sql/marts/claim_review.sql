-- One row per claim: what was claimed, and the verdict that the test of the claim's own file gives on this warehouse,
-- with the sentence, the figures it was computed from, and the evidence that is missing.
select
    c.claim,
    c.claim_number,
    c.kind,
    c.made_on,
    c.made_on_estimated,
    c.due_on,
    c.accuracy_mark,
    c.statement_en,
    c.statement_zh,
    f.verdict,
    f.sentence_en,
    f.sentence_zh,
    f.evidence,
    f.missing_en,
    f.missing_zh
from claim as c
inner join claim_finding as f on f.claim = c.claim
