-- How far each consumer of the log has come, and which instance reads on for it. Nobody needs the
-- holder to be right: the position moves by compare and set, and a consumer does each thing once.
CREATE TABLE cursors (
    name text NOT NULL PRIMARY KEY,
    position bigint NOT NULL,
    holder uuid,
    held_until bigint NOT NULL
);

-- Addresses at which requests from outside start runs. Only the hash of an address's token is kept.
CREATE TABLE hooks (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    -- Who changed it last, and by which API key: it acts for them.
    actor text NOT NULL,
    api_key_id uuid,
    name text NOT NULL,
    token_hash bytea NOT NULL,
    -- What it starts, and of which requests, as JSON.
    rules text NOT NULL,
    -- The secret by which requests are verified, sealed under the server's key.
    sealed bytea,
    enabled boolean NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    -- How many requests had which outcome, and when the last one came.
    started bigint NOT NULL,
    repeated bigint NOT NULL,
    ignored bigint NOT NULL,
    refused bigint NOT NULL,
    failed bigint NOT NULL,
    last_at bigint
);
CREATE UNIQUE INDEX hooks_token_hash_key ON hooks (token_hash);
CREATE UNIQUE INDEX hooks_project_id_name_key ON hooks (project_id, name);
CREATE INDEX hooks_list ON hooks (project_id, id);

-- The last requests of each hook.
CREATE TABLE hook_deliveries (
    id uuid NOT NULL PRIMARY KEY,
    hook_id uuid NOT NULL,
    at bigint NOT NULL,
    address text,
    -- What the sender calls it.
    delivery text,
    outcome text NOT NULL,
    run_id uuid,
    code text,
    detail text
);
CREATE INDEX hook_deliveries_list ON hook_deliveries (hook_id, id);
