-- Where events of a project are sent.
CREATE TABLE webhooks (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    -- Who wrote it last: deliveries act for them, with the rights that they have by then.
    actor text NOT NULL,
    api_key_id uuid,
    url text NOT NULL,
    description text NOT NULL,
    -- Patterns of types and subjects, as a JSON list.
    events text NOT NULL,
    -- An expression over the event.
    filter text,
    -- The name of the channel over which people are told that it was disabled.
    channel text,
    enabled boolean NOT NULL,
    -- Why the server disabled it.
    disabled_reason text,
    -- The secrets that sign, sealed as one JSON list, the present one first.
    sealed bytea NOT NULL,
    -- Until when the second one signs as well.
    overlap_until bigint,
    -- Deliveries that failed since one was taken, and when the first of them did.
    failures bigint NOT NULL,
    failing_since bigint,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX webhooks_list ON webhooks (project_id, id);

-- Events on their way to webhooks. Ids rise with the times of the events.
CREATE TABLE deliveries (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    event_id text NOT NULL,
    event_type text NOT NULL,
    subject text NOT NULL,
    -- Sent because a person asked for it, also to a webhook that is disabled.
    asked boolean NOT NULL,
    -- The run that sends it, or sent it last.
    run_id uuid,
    -- `pending`, `delivered`, `failed`.
    status text NOT NULL,
    attempts bigint NOT NULL,
    response_status bigint,
    -- The code of what went wrong last.
    error text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX deliveries_list ON deliveries (webhook_id, id);
CREATE INDEX deliveries_old ON deliveries (created_at);
