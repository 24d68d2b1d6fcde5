-- An agent's ordered messages with one user.
CREATE TABLE threads (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    actor text NOT NULL,
    agent_id uuid NOT NULL,
    title text NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX threads_list ON threads (project_id, actor, id);

-- What a user said, and the run that answers it. Written before the run: a message whose run does
-- not exist was never accepted, and is not read.
CREATE TABLE messages (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    actor text NOT NULL,
    thread_id uuid NOT NULL,
    run_id uuid NOT NULL,
    content text NOT NULL,
    created_at bigint NOT NULL
);
CREATE UNIQUE INDEX messages_run_id_key ON messages (run_id);
CREATE INDEX messages_list ON messages (thread_id, id);

-- Named stored outputs. Their bytes are blobs.
CREATE TABLE artifacts (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    actor text NOT NULL,
    run_id uuid,
    -- The effect that made it: a second store under the same effect and name finds the first.
    effect_id uuid NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    hash bytea NOT NULL,
    created_at bigint NOT NULL
);
CREATE UNIQUE INDEX artifacts_effect_id_name_key ON artifacts (effect_id, name);
CREATE INDEX artifacts_list ON artifacts (project_id, id);
CREATE INDEX artifacts_of_run ON artifacts (run_id, id) WHERE run_id IS NOT NULL;
