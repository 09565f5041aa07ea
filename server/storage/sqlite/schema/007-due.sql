-- A Patient that Patient.link says is replaced: by whom. What is measured of the one is followed up as the other's.
ALTER TABLE patient ADD COLUMN survivor INTEGER;

-- What must happen at a later time, by kind: a summary that waits for its interval to end, a stay that is to begin.
CREATE TABLE due (
  kind    INTEGER NOT NULL,         -- due.h: DueKind
  patient INTEGER NOT NULL,
  subject TEXT    NOT NULL,         -- what it is about: a resource's id
  at      INTEGER NOT NULL,
  PRIMARY KEY (kind, patient, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX due_at ON due (at);

-- Which readings a letter has told of, so that the receiver hears when one was wrong.
CREATE TABLE told (
  observation INTEGER PRIMARY KEY,
  msg_id      TEXT NOT NULL
) STRICT;
