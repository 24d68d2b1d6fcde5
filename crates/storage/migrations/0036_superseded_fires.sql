-- The runs before it are still to be cancelled for this fire.
ALTER TABLE fires ADD COLUMN cancels boolean NOT NULL DEFAULT false;
