-- The moves by which a store came to where it is. Written in the transaction that brings everything
-- else, so that whoever begins a move again finds whether it was ended.
CREATE TABLE store_moves (
    id uuid NOT NULL PRIMARY KEY,
    moved_at bigint NOT NULL
);
