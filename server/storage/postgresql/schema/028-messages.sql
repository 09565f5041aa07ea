-- What was received, to the letter; see sqlite/schema/028-messages.sql.
CREATE TABLE inbox_bytes (
  message BIGINT PRIMARY KEY,
  bytes   BYTEA NOT NULL
);
INSERT INTO inbox_bytes (message, bytes) SELECT id, bytes FROM inbox;
ALTER TABLE inbox DROP COLUMN bytes;

-- Of what waits for a receiver, what goes first (messages.h: Priority); 2: as everything did.
ALTER TABLE outbox ADD COLUMN priority BIGINT NOT NULL DEFAULT 2;
DROP INDEX outbox_waiting;
CREATE INDEX outbox_waiting ON outbox (route, receiver_her, priority, id) WHERE state = 0;
