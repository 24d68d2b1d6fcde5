-- Why the filter of a webhook could not be read, or not be evaluated, the last time that it could not.
ALTER TABLE webhooks ADD COLUMN filter_error text;
