-- Journal entries in the order in which they were committed, a row a version (journal.h).
CREATE TABLE journal (
  number      BIGINT PRIMARY KEY,
  patient     BIGINT NOT NULL,
  composition BIGINT NOT NULL,
  version     BIGINT NOT NULL
);

CREATE TABLE journal_receiver (
  name         TEXT COLLATE "C" PRIMARY KEY,
  acknowledged BIGINT NOT NULL,
  at           BIGINT NOT NULL
);
