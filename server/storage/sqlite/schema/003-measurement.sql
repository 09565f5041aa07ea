-- One number measured, in the canonical unit of its measure. A trend is one short range, however big the store.
CREATE TABLE measurement (
  patient  INTEGER NOT NULL,
  measure  INTEGER NOT NULL,        -- symbol.key of "system|code"
  time     INTEGER NOT NULL,
  resource INTEGER NOT NULL,        -- the Observation
  part     INTEGER NOT NULL,        -- tells apart values of one Observation with the same measure and time
  value    REAL    NOT NULL,
  unit     INTEGER NOT NULL,        -- symbol.key of the UCUM code
  zone     INTEGER NOT NULL,        -- character: g green, y yellow, r red, - grey
  valid    INTEGER NOT NULL,        -- 0: entered in error, cancelled; kept out of trends
  PRIMARY KEY (patient, measure, time, resource, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX measurement_by_resource ON measurement (resource);
