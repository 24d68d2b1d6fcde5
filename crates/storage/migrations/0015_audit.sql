-- What was done, refused and tried, by whom and from where: one chain for each process that wrote.
CREATE TABLE audit_entries (
    stream uuid NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    -- The entry itself, as JSON. What else stands in the row is taken from it, to find it by.
    content text NOT NULL,
    -- SHA-256 over the hash of the entry before it and the bytes of the content.
    hash bytea NOT NULL,
    action text NOT NULL,
    actor text NOT NULL,
    outcome text NOT NULL,
    project_id uuid,
    PRIMARY KEY (stream, seq)
);
CREATE INDEX audit_entries_at ON audit_entries (at, stream, seq);
