-- The one host, with its port, to which a secret without hosts of its own goes as a provider's key:
-- that of the first provider that took it. Another host needs the value to be written again.
ALTER TABLE secrets ADD COLUMN key_host text;

-- Which key this database's secrets are sealed under: that of the first server that opened it. One row.
CREATE TABLE secret_keys (
    one bigint NOT NULL PRIMARY KEY CHECK (one = 1),
    key_id bytea NOT NULL
);
