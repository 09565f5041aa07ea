-- Every Observation of a patient by its own code and time, whatever kind of value it holds. What $lastn reads: the newest
-- of a code are one short range, however big the store.
CREATE TABLE observed (
  patient  INTEGER NOT NULL,
  code     INTEGER NOT NULL,        -- symbol.key of "system|code" of Observation.code
  time     INTEGER NOT NULL,
  resource INTEGER NOT NULL,        -- the Observation
  PRIMARY KEY (patient, code, time, resource)
) STRICT, WITHOUT ROWID;
