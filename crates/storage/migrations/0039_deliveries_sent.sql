-- A delivery is as old as its last sending, not as its event.
DROP INDEX deliveries_old;
CREATE INDEX deliveries_sent ON deliveries (updated_at);
