-- Whether a run that waits keeps its place within its limit: turns of a thread go one after the other,
-- also while one of them waits for a person.
ALTER TABLE runs ADD COLUMN limit_until_end boolean NOT NULL DEFAULT false;
DROP INDEX runs_owned_limited;
CREATE INDEX runs_begun_limited ON runs (limit_key)
    WHERE started_at IS NOT NULL AND finished_at IS NULL AND limit_key IS NOT NULL;
