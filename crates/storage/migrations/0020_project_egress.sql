-- The hosts to which the requests of a project's tools and actions are held, as a JSON list; without
-- one they are not narrowed.
ALTER TABLE projects ADD COLUMN egress_hosts text;
