-- What has expired is found without a look at all the rest.
CREATE INDEX sessions_expires_at ON sessions (expires_at);
CREATE INDEX api_keys_expires_at ON api_keys (expires_at);
CREATE INDEX invitations_expires_at ON invitations (expires_at);
