-- The log: one packed row per flush, in order of commit.
CREATE TABLE log (
    id integer PRIMARY KEY AUTOINCREMENT,
    count bigint NOT NULL,
    runs bytea NOT NULL,
    entries bytea NOT NULL
);

-- Which rows of the log hold entries of a run, up to `projections.applied`.
CREATE TABLE journal_index (
    run_id uuid NOT NULL,
    first_row bigint NOT NULL,
    rows bytea NOT NULL,
    PRIMARY KEY (run_id, first_row)
) WITHOUT ROWID;
