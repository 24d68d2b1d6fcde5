-- The log becomes partitions by number, so that an old part of it is dropped and not deleted. The rows stay
-- where they are: the table becomes the first partition. A row for which none was made goes to the rest.
LOCK TABLE log IN ACCESS EXCLUSIVE MODE;
-- A partitioned table has no identity before PostgreSQL 17: the numbers go on in a sequence of the same
-- name. `CACHE 1` is what finality rests on.
CREATE SEQUENCE log_numbers AS bigint CACHE 1;
SELECT setval('log_numbers', last_value, is_called) FROM log_id_seq;
ALTER TABLE log ALTER COLUMN id DROP IDENTITY;
ALTER SEQUENCE log_numbers RENAME TO log_id_seq;
ALTER TABLE log RENAME TO log_0;
ALTER TABLE log_0 RENAME CONSTRAINT log_pkey TO log_0_pkey;
CREATE TABLE log (
    id bigint NOT NULL DEFAULT nextval('log_id_seq'),
    count bigint NOT NULL,
    runs bytea NOT NULL,
    entries bytea NOT NULL,
    CONSTRAINT log_pkey PRIMARY KEY (id)
) PARTITION BY RANGE (id);
ALTER TABLE log ALTER COLUMN runs SET STORAGE EXTERNAL;
ALTER TABLE log ALTER COLUMN entries SET STORAGE EXTERNAL;
ALTER SEQUENCE log_id_seq OWNED BY log.id;
DO $$
DECLARE
    ends bigint;
BEGIN
    SELECT (last_value / 1048576 + 1) * 1048576 INTO ends FROM log_id_seq;
    EXECUTE format('ALTER TABLE log ATTACH PARTITION log_0 FOR VALUES FROM (MINVALUE) TO (%s)', ends);
END
$$;
CREATE TABLE log_rest PARTITION OF log DEFAULT;
ALTER TABLE log_rest SET (toast_tuple_target = 8160);
