-- Why the filter of a webhook could not be read, or not be evaluated, the last time that it could not.
ALTER TABLE webhooks ADD COLUMN filter_error text;

-- Webhooks that were removed, while there may be deliveries of them.
CREATE TABLE removed_webhooks (
    id uuid NOT NULL PRIMARY KEY
);

-- Whether any webhook wants events is asked twice a second while there are some.
CREATE INDEX webhooks_enabled ON webhooks (project_id) WHERE enabled;
