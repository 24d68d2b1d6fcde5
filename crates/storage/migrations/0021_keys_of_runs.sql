-- The API key by which a run, or the run above it, was started. It outlives the key: what the run may do
-- is asked of the key each time, and one that is gone allows nothing.
ALTER TABLE runs ADD COLUMN api_key_id uuid;
