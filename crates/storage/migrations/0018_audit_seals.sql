-- What was recorded in the transaction of what it tells, and has no place in a chain yet. Whoever records
-- takes no turn; the process that wrote a row chains it soon, or another if that one has ended.
CREATE TABLE audit_pending (
    id uuid NOT NULL PRIMARY KEY,
    -- The process that wrote it.
    stream uuid NOT NULL,
    at bigint NOT NULL,
    content text NOT NULL,
    action text NOT NULL,
    actor text NOT NULL,
    outcome text NOT NULL,
    project_id uuid
);

-- Where each chain ends, and how far checkpoints have sealed it. Kept to go on from; proves nothing.
CREATE TABLE audit_streams (
    stream uuid NOT NULL PRIMARY KEY,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    sealed_seq bigint NOT NULL
);

INSERT INTO audit_streams (stream, seq, hash, sealed_seq)
    SELECT e.stream, e.seq, e.hash, 0 FROM audit_entries e
    WHERE e.seq = (SELECT max(l.seq) FROM audit_entries l WHERE l.stream = e.stream);

CREATE INDEX audit_entries_actor ON audit_entries (actor, at, stream, seq);
CREATE INDEX audit_entries_action ON audit_entries (action, at, stream, seq);

-- Signatures over the ends of all chains that have grown since the checkpoint before.
CREATE TABLE audit_checkpoints (
    number bigint NOT NULL PRIMARY KEY,
    at bigint NOT NULL,
    -- The checkpoint itself, as JSON: these bytes are signed.
    content text NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL
);

-- The keys that sign.
CREATE TABLE audit_keys (
    id uuid NOT NULL PRIMARY KEY,
    -- SHA-256 of the public key, in hexadecimal: what a verifier pins.
    key_id text NOT NULL,
    public_key bytea NOT NULL,
    -- The seed of the private key, sealed as secrets are, for the place `audit/` and the key's id.
    sealed_seed bytea NOT NULL,
    created_at bigint NOT NULL
);
