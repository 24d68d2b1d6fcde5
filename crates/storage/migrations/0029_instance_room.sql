-- How many runs an instance drives at most. Those that registered before did not tell.
ALTER TABLE instances ADD COLUMN room bigint;
