-- What was received, to the letter, written once: its row in inbox changes twice on its way to its end and would take
-- the bytes, which may be 35 MB, along each time.
CREATE TABLE inbox_bytes (
  message INTEGER PRIMARY KEY,      -- inbox.id
  bytes   BLOB NOT NULL
) STRICT;
INSERT INTO inbox_bytes (message, bytes) SELECT id, bytes FROM inbox;
ALTER TABLE inbox DROP COLUMN bytes;

-- Of what waits for a receiver, what goes first (messages.h: Priority); 2: as everything did.
ALTER TABLE outbox ADD COLUMN priority INTEGER NOT NULL DEFAULT 2;
DROP INDEX outbox_waiting;
CREATE INDEX outbox_waiting ON outbox (route, receiver_her, priority, id) WHERE state = 0;
