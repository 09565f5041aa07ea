-- Journal entries in the order in which they were committed, a row a version (journal.h).
CREATE TABLE journal (
  number      INTEGER PRIMARY KEY,
  patient     INTEGER NOT NULL,
  composition INTEGER NOT NULL,
  version     INTEGER NOT NULL
) STRICT;

-- Up to where each receiver says that it has them.
CREATE TABLE journal_receiver (
  name         TEXT    PRIMARY KEY,
  acknowledged INTEGER NOT NULL,
  at           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
