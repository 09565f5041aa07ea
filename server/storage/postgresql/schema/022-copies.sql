-- A message that goes to copy receivers, too, is a row for each: outbox.id of the one to its receiver stands with the others.
ALTER TABLE outbox ADD COLUMN copy_of BIGINT;
CREATE INDEX outbox_copies ON outbox (copy_of) WHERE copy_of IS NOT NULL;
