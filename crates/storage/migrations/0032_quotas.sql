-- What a project may use at most, and what it has used.
ALTER TABLE projects ADD COLUMN quota_runs_per_day bigint;
ALTER TABLE projects ADD COLUMN quota_artifact_bytes bigint;

-- Bytes of a project's artifacts, each counted whole.
CREATE TABLE project_use (
    project_id uuid NOT NULL PRIMARY KEY,
    artifact_bytes bigint NOT NULL
);
INSERT INTO project_use (project_id, artifact_bytes)
    SELECT project_id, CAST(SUM(size) AS bigint) FROM artifacts GROUP BY project_id;

-- Runs that were started in projects with such a quota, by the day (UTC, counted from 1970).
CREATE TABLE project_days (
    project_id uuid NOT NULL,
    day bigint NOT NULL,
    runs bigint NOT NULL,
    PRIMARY KEY (project_id, day)
);
