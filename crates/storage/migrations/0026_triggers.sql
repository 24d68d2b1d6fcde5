-- What starts runs when something happens.
CREATE TABLE triggers (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    -- Who changed it last, and by which API key: it acts for them.
    actor text NOT NULL,
    api_key_id uuid,
    name text NOT NULL,
    -- What it starts, and for which events, as JSON.
    rules text NOT NULL,
    enabled boolean NOT NULL,
    -- It fires for what comes after this place in the log.
    since bigint NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    -- How many events had which outcome, and when the last one came.
    started bigint NOT NULL,
    dropped bigint NOT NULL,
    failed bigint NOT NULL,
    last_at bigint
);
CREATE UNIQUE INDEX triggers_project_id_name_key ON triggers (project_id, name);
CREATE INDEX triggers_list ON triggers (project_id, id);
CREATE INDEX triggers_enabled ON triggers (project_id) WHERE enabled;

-- The last events of each trigger, by their place in the log.
CREATE TABLE firings (
    trigger_id uuid NOT NULL,
    position bigint NOT NULL,
    at bigint NOT NULL,
    event_type text NOT NULL,
    subject text NOT NULL,
    event_run_id uuid NOT NULL,
    outcome text NOT NULL,
    run_id uuid,
    code text,
    detail text,
    PRIMARY KEY (trigger_id, position)
);
