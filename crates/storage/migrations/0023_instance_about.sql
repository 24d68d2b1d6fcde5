-- What an instance tells of itself, for people: its program's version, and where it listens. Those that
-- registered before told neither.
ALTER TABLE instances ADD COLUMN version text;
ALTER TABLE instances ADD COLUMN address text;
