-- A run is retried once: two retries would act under the same effect ids and know nothing of each other.
CREATE UNIQUE INDEX runs_retry_of ON runs (retry_of) WHERE retry_of IS NOT NULL;
-- The retries of a run, and of its retries.
CREATE INDEX runs_chain ON runs (first_run_id, created_at) WHERE retry_of IS NOT NULL;
