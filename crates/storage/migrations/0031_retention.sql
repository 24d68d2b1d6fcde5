-- Runs that are gone, of which something is left to be cleared: rows of the journal index, payloads,
-- entries in the archive.
CREATE TABLE removed_runs (
    run_id uuid NOT NULL PRIMARY KEY,
    root_run_id uuid NOT NULL,
    first_run_id uuid NOT NULL,
    removed_at bigint NOT NULL
);
CREATE INDEX removed_runs_root ON removed_runs (root_run_id);
CREATE INDEX removed_runs_at ON removed_runs (removed_at, run_id);

-- Which runs' entries name a payload. Written with the entry; those of before are counted by a walk over
-- the log, which `projections` keeps the place of.
CREATE TABLE blob_refs (
    run_id uuid NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (run_id, hash)
);
CREATE INDEX blob_refs_hash ON blob_refs (hash);
CREATE INDEX artifacts_hash ON artifacts (hash);

-- Rows of the log below its line, with the entries of kept runs alone: each has the number that it had.
CREATE TABLE log_archive (
    id bigint NOT NULL PRIMARY KEY,
    count bigint NOT NULL,
    runs bytea NOT NULL,
    entries bytea NOT NULL
);

-- The line of the log: rows up to it are read from the archive, and those of the log are as good as gone.
INSERT INTO projections (name, applied) VALUES ('log_line', 0);
INSERT INTO projections (name, applied) VALUES ('blob_refs', 0);

-- Whether the program of an instance knows of all this. While one that does not is alive, nothing goes.
ALTER TABLE instances ADD COLUMN retains boolean NOT NULL DEFAULT false;

-- The descendants of a topmost run.
CREATE INDEX runs_below ON runs (root_run_id) WHERE parent_run_id IS NOT NULL;
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);
