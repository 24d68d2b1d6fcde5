-- A run counts against a set of limits, each of a key: a thread, a pipeline, an agent, a project. Runs
-- with the same set that wait for a place are a lane: if one of them finds no room, nor does another.
ALTER TABLE runs ADD COLUMN limits text;
-- The limits of which the run must find a place before it is claimed, as JSON; null for none, and for a
-- run that is only to end.
ALTER TABLE runs ADD COLUMN lane text;
-- When a run with a lane is claimed whatever its limits say, because its time is over.
ALTER TABLE runs ADD COLUMN deadline_at bigint;

-- The places that runs hold. A row counts while its run has an owner, or with until_end until the run has
-- ended; a row that counts no more is removed by the next claim that looks at its key.
CREATE TABLE slots (
    limit_key text NOT NULL,
    run_id uuid NOT NULL,
    until_end boolean NOT NULL,
    PRIMARY KEY (limit_key, run_id)
);

INSERT INTO slots (limit_key, run_id, until_end)
    SELECT limit_key, id, limit_until_end FROM runs
    WHERE limit_key IS NOT NULL AND started_at IS NOT NULL AND finished_at IS NULL
      AND (owner IS NOT NULL OR limit_until_end);
UPDATE runs SET limits = '[{"key":"' || limit_key || '","max":' || limit_max || ',"until_end":'
    || CASE WHEN limit_until_end THEN 'true' ELSE 'false' END || '}]'
    WHERE limit_key IS NOT NULL;
UPDATE runs SET lane = '{"begun":' || CASE WHEN started_at IS NULL THEN 'false' ELSE 'true' END
    || ',"limits":' || limits || '}'
    WHERE limits IS NOT NULL AND finished_at IS NULL AND NOT (limit_until_end AND started_at IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.run_id = runs.id AND inbox.key = 'cancel');

DROP INDEX runs_claimable;
DROP INDEX runs_claimable_limited;
DROP INDEX runs_begun_limited;
ALTER TABLE runs DROP COLUMN limit_key;
ALTER TABLE runs DROP COLUMN limit_max;
ALTER TABLE runs DROP COLUMN limit_until_end;
CREATE INDEX runs_claimable ON runs (priority DESC, runnable_at)
    WHERE owner IS NULL AND runnable_at IS NOT NULL AND lane IS NULL;
CREATE INDEX runs_claimable_in_lanes ON runs (lane, priority, runnable_at)
    WHERE owner IS NULL AND runnable_at IS NOT NULL AND lane IS NOT NULL;
CREATE INDEX runs_deadlines ON runs (deadline_at)
    WHERE owner IS NULL AND lane IS NOT NULL AND finished_at IS NULL AND deadline_at IS NOT NULL;
