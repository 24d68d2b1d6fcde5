-- Finding entries of one project, and those that did not simply go well: nearly all did, and those are
-- found by their time as well.
CREATE INDEX audit_entries_project ON audit_entries (project_id, at, stream, seq)
    WHERE project_id IS NOT NULL;
CREATE INDEX audit_entries_outcome ON audit_entries (outcome, at, stream, seq)
    WHERE outcome <> 'done';
-- Where a time begins and ends in a chain, for exports of a part.
CREATE INDEX audit_entries_span ON audit_entries (stream, at, seq);
