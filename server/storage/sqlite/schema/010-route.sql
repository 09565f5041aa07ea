-- A message that goes out has a route: which transport it goes by. What the transport answered stands with it.
ALTER TABLE outbox ADD COLUMN route TEXT NOT NULL DEFAULT 'folder';
ALTER TABLE outbox ADD COLUMN receipt TEXT;         -- what the transport answered to the last attempt
ALTER TABLE outbox ADD COLUMN receipt_at INTEGER;   -- and when

-- Deadlines and pauses are rows of due, so that one table says what must happen by time (due.h: DueKind::apprec, retry).
INSERT INTO due (kind, patient, subject, at)
  SELECT 21, patient, CAST(id AS TEXT), deadline FROM outbox WHERE deadline IS NOT NULL;
INSERT INTO due (kind, patient, subject, at)
  SELECT 20, 0, 'folder ' || receiver_her, max(next_attempt) FROM outbox
  WHERE next_attempt IS NOT NULL AND attempts > 0 GROUP BY receiver_her;
DROP INDEX outbox_due;
DROP INDEX outbox_awaiting;
ALTER TABLE outbox DROP COLUMN next_attempt;
ALTER TABLE outbox DROP COLUMN deadline;

-- What waits, by route and receiver, in the order it was written: state 0 is queued (messages.h: OutboxState).
CREATE INDEX outbox_waiting ON outbox (route, receiver_her, id) WHERE state = 0;

-- How a route is doing; no row: well.
CREATE TABLE route (
  name          TEXT    NOT NULL PRIMARY KEY,
  failures      INTEGER NOT NULL,   -- attempts in a row that failed, whatever the message
  failing_since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
