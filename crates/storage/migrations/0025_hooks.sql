-- How far each consumer of the log has come, and which instance reads on for it. Nobody needs the
-- holder to be right: the position moves by compare and set, and a consumer does each thing once.
CREATE TABLE cursors (
    name text NOT NULL PRIMARY KEY,
    position bigint NOT NULL,
    holder uuid,
    held_until bigint NOT NULL
);
