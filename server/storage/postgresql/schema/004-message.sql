-- The gateway's messages, in and out.
CREATE TABLE inbox (
  id            BIGINT PRIMARY KEY,
  received      BIGINT NOT NULL,
  source        TEXT NOT NULL,
  sender_her    TEXT COLLATE "C",
  msg_id        TEXT COLLATE "C",
  type          TEXT COLLATE "C",
  state         BIGINT NOT NULL,
  original      BIGINT,
  communication TEXT COLLATE "C",
  apprec        TEXT,
  apprec_status TEXT COLLATE "C",
  detail        TEXT,
  bytes         BYTEA NOT NULL
);
CREATE UNIQUE INDEX inbox_first ON inbox (md5(sender_her), md5(msg_id)) WHERE original IS NULL AND msg_id IS NOT NULL;
CREATE INDEX inbox_by_msg_id ON inbox USING hash (msg_id);
CREATE INDEX inbox_by_state ON inbox (state, id);

CREATE TABLE outbox (
  id            BIGINT PRIMARY KEY,
  patient       BIGINT NOT NULL,
  created       BIGINT NOT NULL,
  msg_id        TEXT COLLATE "C" NOT NULL UNIQUE,
  type          TEXT COLLATE "C" NOT NULL,
  receiver_her  TEXT COLLATE "C" NOT NULL,
  in_reply_to   TEXT COLLATE "C",
  communication TEXT COLLATE "C",
  state         BIGINT NOT NULL,
  attempts      BIGINT NOT NULL,
  sent          BIGINT,
  route         TEXT COLLATE "C" NOT NULL,
  receipt       TEXT,
  receipt_at    BIGINT,
  apprec_status TEXT COLLATE "C",
  apprec_errors TEXT,
  detail        TEXT,
  bytes         BYTEA NOT NULL
);
CREATE INDEX outbox_waiting ON outbox (route, receiver_her, id) WHERE state = 0;
CREATE INDEX outbox_by_state ON outbox (state, id);
CREATE INDEX outbox_by_patient ON outbox (patient, type, id);
CREATE INDEX outbox_by_reply ON outbox USING hash (in_reply_to);

CREATE TABLE route (
  name          TEXT COLLATE "C" PRIMARY KEY,
  failures      BIGINT NOT NULL,
  failing_since BIGINT NOT NULL
);

CREATE TABLE told (
  observation BIGINT PRIMARY KEY,
  msg_id      TEXT NOT NULL
);
