-- Values that only the egress reads, sealed under the server's key.
CREATE TABLE secrets (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    actor text NOT NULL,
    name text NOT NULL,
    -- The hosts to which it may be sent, as a JSON list.
    hosts text NOT NULL,
    sealed bytea NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX secrets_project_id_name_key ON secrets (project_id, name);

-- Configured model providers.
CREATE TABLE providers (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    actor text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    base_url text,
    -- The name of the secret that holds its key.
    key_secret text,
    default_model text,
    options text NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX providers_project_id_name_key ON providers (project_id, name);

-- What people define, by kind (`agent`, `pipeline`): a name, and which version is the present one.
CREATE TABLE definitions (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    actor text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL,
    version_id uuid NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX definitions_project_id_kind_name_key ON definitions (project_id, kind, name);
CREATE INDEX definitions_list ON definitions (project_id, kind, id);

-- Immutable versions. They outlive what they are versions of, because runs are pinned to them. One
-- that came with a run and belongs to nothing stored has no definition_id, and is kept once per content.
CREATE TABLE definition_versions (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    actor text NOT NULL,
    kind text NOT NULL,
    definition_id uuid,
    number bigint NOT NULL,
    hash bytea NOT NULL,
    content text NOT NULL,
    created_at bigint NOT NULL
);
CREATE UNIQUE INDEX definition_versions_definition_id_number_key
    ON definition_versions (definition_id, number) WHERE definition_id IS NOT NULL;
CREATE UNIQUE INDEX definition_versions_project_id_kind_hash_key
    ON definition_versions (project_id, kind, hash) WHERE definition_id IS NULL;
