-- Writers take turns by patient (engine.h): locks of the server's that end with a transaction, and no row for all. The
-- row that all waited for goes, so that a process of an older version, which knows no other turn, writes no more.

-- A row a process: how many transactions it has committed, and the time of the last. Written by that process alone.
CREATE TABLE writer (
  place  BIGINT PRIMARY KEY,
  number BIGINT NOT NULL,
  newest BIGINT NOT NULL
);
INSERT INTO writer (place, number, newest) SELECT 0, number, newest FROM writer_turn;
DROP TABLE writer_turn;

-- The first key of a resource that nobody has taken. Taken by the block, in a transaction of its own.
CREATE TABLE key_block (
  one  SMALLINT PRIMARY KEY,
  next BIGINT NOT NULL
);
INSERT INTO key_block (one, next) SELECT 1, coalesce(max(key), 0) + 1 FROM resource;

-- Rows of the audit log that are committed with a write of named patients and wait for their place in the chain.
CREATE TABLE audit_waiting (
  at      BIGINT NOT NULL,
  part    BIGINT NOT NULL,
  patient BIGINT NOT NULL,
  agent   TEXT COLLATE "C" NOT NULL,
  event   TEXT NOT NULL
);
