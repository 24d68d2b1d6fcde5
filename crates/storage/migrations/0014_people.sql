-- Who belongs to which project, and what they may do there. Owners and operators of the server need none.
CREATE TABLE memberships (
    project_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (project_id, user_id)
);
CREATE INDEX memberships_user_id ON memberships (user_id, project_id);

-- Until now everybody was a member of the one project there was, with the role they have on the server.
INSERT INTO memberships (project_id, user_id, role, created_at, updated_at)
    SELECT p.id, u.id, u.role, u.created_at, u.created_at FROM projects p, users u
    WHERE u.role IN ('member', 'viewer');

ALTER TABLE projects ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE projects ADD COLUMN updated_at bigint NOT NULL DEFAULT 0;
-- When it was closed: nobody acts in it any more, and what it holds stays.
ALTER TABLE projects ADD COLUMN closed_at bigint;

-- Rises with each change of a user.
ALTER TABLE users ADD COLUMN version bigint NOT NULL DEFAULT 1;

-- From where a session was opened, and with what.
ALTER TABLE sessions ADD COLUMN address text;
ALTER TABLE sessions ADD COLUMN client text;

-- Keys by which programs act for a user in one project, within their scopes.
CREATE TABLE api_keys (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL,
    token_hash bytea NOT NULL,
    -- The first letters of the key, by which its holder recognises it.
    hint text NOT NULL,
    -- The permissions that it may use, as a JSON list.
    scopes text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    used_at bigint
);
CREATE UNIQUE INDEX api_keys_token_hash_key ON api_keys (token_hash);
CREATE INDEX api_keys_user_id ON api_keys (user_id, id);

-- One-time links: by which somebody becomes a user, or, where a user is named, sets a new password.
CREATE TABLE invitations (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid,
    email text NOT NULL,
    role text NOT NULL,
    -- The projects of which they become a member, as a JSON list of `{project_id, role}`.
    projects text NOT NULL,
    token_hash bytea NOT NULL,
    actor text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE UNIQUE INDEX invitations_token_hash_key ON invitations (token_hash);
CREATE UNIQUE INDEX invitations_email_key ON invitations (email);
