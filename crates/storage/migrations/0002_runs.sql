-- How far each projection has read the log.
CREATE TABLE projections (
    name text NOT NULL PRIMARY KEY,
    applied bigint NOT NULL
);
INSERT INTO projections (name, applied) VALUES ('journal_index', 0);

-- Large payloads, by the SHA-256 of what they hold before compression.
CREATE TABLE blobs (
    hash bytea NOT NULL PRIMARY KEY,
    size bigint NOT NULL,
    bytes bytea NOT NULL
);

-- Server processes, from registration to death. A row changes at these two moments only: every
-- transaction of the log holds a share lock on the row of its instance.
CREATE TABLE instances (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL,
    state text NOT NULL,
    started_at bigint NOT NULL,
    died_at bigint
);
CREATE TABLE instance_beats (
    instance_id uuid NOT NULL PRIMARY KEY,
    beat_at bigint NOT NULL
);
-- Server processes of PostgreSQL that write for an instance, so that a takeover can end them.
CREATE TABLE instance_backends (
    instance_id uuid NOT NULL,
    pid bigint NOT NULL,
    recorded_at bigint NOT NULL,
    PRIMARY KEY (instance_id, pid)
);

CREATE TABLE runs (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    actor text NOT NULL,
    machine text NOT NULL,
    title text NOT NULL,
    trigger text NOT NULL,
    definition_id uuid,
    definition_version_id uuid,
    status text NOT NULL,
    waiting text,
    -- The live instance that alone may append; null for none.
    owner uuid,
    -- When somebody should claim it; null while it is owned, ended, or waits for a poke alone.
    runnable_at bigint,
    -- How many inbox rows were ever written, so that parking cannot miss one.
    pokes bigint NOT NULL,
    priority bigint NOT NULL,
    limit_key text,
    limit_max bigint,
    recoveries bigint NOT NULL,
    recovered_seq bigint NOT NULL,
    parent_run_id uuid,
    parent_key text,
    root_run_id uuid NOT NULL,
    first_run_id uuid NOT NULL,
    retry_of uuid,
    created_at bigint NOT NULL,
    started_at bigint,
    finished_at bigint,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost_micro_usd bigint NOT NULL,
    unpriced_calls bigint NOT NULL,
    model_calls bigint NOT NULL,
    tool_calls bigint NOT NULL,
    -- The end as JSON; if it is large, the hash of the blob that holds the run's last entry.
    outcome text,
    outcome_blob bytea
);
CREATE INDEX runs_claimable ON runs (priority DESC, runnable_at)
    WHERE owner IS NULL AND runnable_at IS NOT NULL AND limit_key IS NULL;
CREATE INDEX runs_claimable_limited ON runs (limit_key, priority, runnable_at)
    WHERE owner IS NULL AND runnable_at IS NOT NULL AND limit_key IS NOT NULL;
CREATE INDEX runs_wake ON runs (runnable_at) WHERE owner IS NULL AND runnable_at IS NOT NULL;
CREATE INDEX runs_owned ON runs (owner) WHERE owner IS NOT NULL;
CREATE INDEX runs_owned_limited ON runs (limit_key) WHERE owner IS NOT NULL AND limit_key IS NOT NULL;
CREATE INDEX runs_list ON runs (project_id, created_at DESC, id DESC);
CREATE INDEX runs_children ON runs (parent_run_id) WHERE parent_run_id IS NOT NULL;

-- What others tell a run. Its owner takes each row into the journal and deletes it with that append.
CREATE TABLE inbox (
    run_id uuid NOT NULL,
    key text NOT NULL,
    message text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (run_id, key)
);

-- Effects that must not be repeated, and what is known of each.
CREATE TABLE effects (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    run_id uuid NOT NULL,
    key text NOT NULL,
    kind text NOT NULL,
    attempt bigint NOT NULL,
    state text NOT NULL,
    -- What a person said of an unknown outcome after the run had ended: settlement and actor, as JSON.
    settlement text,
    settled_by text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX effects_of_run ON effects (run_id);
CREATE INDEX effects_unknown ON effects (project_id, updated_at DESC, id DESC) WHERE state = 'unknown';

CREATE TABLE approvals (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    run_id uuid NOT NULL,
    key text NOT NULL,
    title text NOT NULL,
    request text NOT NULL,
    state text NOT NULL,
    created_at bigint NOT NULL,
    deadline_at bigint,
    closed_at bigint,
    decided_by text,
    decision text
);
CREATE UNIQUE INDEX approvals_run_id_key ON approvals (run_id, key);
CREATE INDEX approvals_list ON approvals (project_id, state, created_at DESC, id DESC);

-- Money that a topmost run and all its descendants may spend.
CREATE TABLE run_budgets (
    root_run_id uuid NOT NULL PRIMARY KEY,
    limit_micro_usd bigint NOT NULL,
    spent_micro_usd bigint NOT NULL
);

-- What was asked under an idempotency key, and what came of it.
CREATE TABLE idempotency_keys (
    project_id uuid NOT NULL,
    scope text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    target_id uuid NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (project_id, scope, key)
);
