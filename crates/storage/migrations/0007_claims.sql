-- How often a run was claimed: tells an owner that nobody else has had it since.
ALTER TABLE runs ADD COLUMN claims bigint NOT NULL DEFAULT 0;
