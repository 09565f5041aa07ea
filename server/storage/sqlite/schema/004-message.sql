-- The gateway's messages, in and out. The raw bytes are stored before anything is read from them.

CREATE TABLE inbox (
  id            INTEGER PRIMARY KEY,
  received      INTEGER NOT NULL,
  source        TEXT    NOT NULL,   -- which transport and from where; no patient data
  sender_her    TEXT,               -- these three are filled once the envelope is read
  msg_id        TEXT,
  type          TEXT,
  state         INTEGER NOT NULL,   -- messages.h: InboxState
  original      INTEGER,            -- of a duplicate: inbox.id of the first
  communication TEXT,               -- id of the Communication that tells the message's story
  apprec        TEXT,               -- the answer's bytes, to be sent again when the sender repeats
  apprec_status TEXT,
  detail        TEXT,
  bytes         BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX inbox_first ON inbox (sender_her, msg_id) WHERE original IS NULL AND msg_id IS NOT NULL;
CREATE INDEX inbox_by_msg_id ON inbox (msg_id) WHERE msg_id IS NOT NULL;
CREATE INDEX inbox_by_state ON inbox (state);

CREATE TABLE outbox (
  id            INTEGER PRIMARY KEY,
  patient       INTEGER NOT NULL,
  created       INTEGER NOT NULL,
  msg_id        TEXT    NOT NULL UNIQUE,
  type          TEXT    NOT NULL,   -- list 8279, APPREC included
  receiver_her  TEXT    NOT NULL,
  in_reply_to   TEXT,               -- MsgId that this answers
  communication TEXT,
  state         INTEGER NOT NULL,   -- messages.h: OutboxState
  attempts      INTEGER NOT NULL,
  next_attempt  INTEGER,            -- while queued
  sent          INTEGER,
  deadline      INTEGER,            -- while an AppRec is awaited
  apprec_status TEXT,
  apprec_errors TEXT,
  detail        TEXT,
  bytes         BLOB    NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (next_attempt) WHERE next_attempt IS NOT NULL;
CREATE INDEX outbox_awaiting ON outbox (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX outbox_by_state ON outbox (state);
CREATE INDEX outbox_by_patient ON outbox (patient, type);
CREATE INDEX outbox_by_reply ON outbox (in_reply_to) WHERE in_reply_to IS NOT NULL;
