-- Numbers and quantities as texts that sort as their numbers do, so that no digit is lost. unit 0: the number as the resource
-- says it; else the same in a canonical unit. A single number has low = high; both are within.
CREATE TABLE number (
  parameter INTEGER NOT NULL,
  unit      INTEGER NOT NULL,       -- symbol.key of a canonical UCUM unit; 0 = as it stands
  low       TEXT    NOT NULL,
  high      TEXT    NOT NULL,
  patient   INTEGER NOT NULL,
  resource  INTEGER NOT NULL,
  PRIMARY KEY (parameter, unit, low, high, patient, resource)
) STRICT, WITHOUT ROWID;
