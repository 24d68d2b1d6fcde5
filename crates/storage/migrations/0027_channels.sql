-- Ways to notify people.
CREATE TABLE channels (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    actor text NOT NULL,
    name text NOT NULL,
    -- `webhook`, `email`, `slack`.
    kind text NOT NULL,
    -- What everybody of the project may see of it, as JSON.
    settings text NOT NULL,
    -- What nobody may: the secret that signs, or the address that lets in whoever knows it.
    sealed bytea,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX channels_project_id_name_key ON channels (project_id, name);
CREATE INDEX channels_list ON channels (project_id, id);
