-- Whose a run is alone, where the run itself says so: it answers a message of theirs, or it was started for an
-- event of a run that is theirs. Runs from before answer a message or are nobody's.
ALTER TABLE runs ADD COLUMN private_to text;
-- The run to which the event of a delivery happened.
ALTER TABLE deliveries ADD COLUMN event_run_id uuid;
