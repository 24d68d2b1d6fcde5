-- What a run was told when it asked budgets for the money of one effect: a grant, until the attempt that
-- spends it is in the log, or a refusal. Open grants are part of what the budgets count as spent.
CREATE TABLE budget_grants (
    run_id uuid NOT NULL,
    key text NOT NULL,
    -- The attempt's process, and which of its questions this answers: only they use the grant or give it back.
    instance_id uuid NOT NULL,
    number bigint NOT NULL,
    amount_micro_usd bigint NOT NULL,
    -- The amount of the grant in whose place this one came.
    replaced_micro_usd bigint NOT NULL,
    -- The budget that had too little, for a refusal.
    refused_by uuid,
    PRIMARY KEY (run_id, key)
);
CREATE INDEX budget_grants_refused ON budget_grants (refused_by) WHERE refused_by IS NOT NULL;

-- Whether a run that is refused money waits until somebody raises the limit.
ALTER TABLE run_budgets ADD COLUMN waits boolean NOT NULL DEFAULT false;
