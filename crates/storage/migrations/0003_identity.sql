-- The unit of ownership. One exists so far; every owned row names it.
CREATE TABLE projects (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL,
    created_at bigint NOT NULL
);
CREATE UNIQUE INDEX projects_name_key ON projects (name);

-- People who sign in.
CREATE TABLE users (
    id uuid NOT NULL PRIMARY KEY,
    -- In lower case.
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    -- Argon2id, as a PHC string.
    password_hash text NOT NULL,
    active boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX users_email_key ON users (email);

-- Logins. Of a token only the SHA-256 is kept.
CREATE TABLE sessions (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE UNIQUE INDEX sessions_token_hash_key ON sessions (token_hash);
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_used ON sessions (used_at);

-- The link by which the first owner is made. At most one row, and none once there is an owner.
CREATE TABLE setup_link (
    id bigint NOT NULL PRIMARY KEY,
    token_hash bytea NOT NULL,
    created_at bigint NOT NULL
);
