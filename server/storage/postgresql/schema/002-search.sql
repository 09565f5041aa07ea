-- What current resources are found by; each key holds the whole row.
CREATE TABLE token (
  parameter INTEGER NOT NULL,
  code      TEXT COLLATE "C" NOT NULL,
  patient   BIGINT NOT NULL,
  resource  BIGINT NOT NULL,
  system    BIGINT NOT NULL,
  PRIMARY KEY (parameter, code, patient, resource, system)
);

CREATE TABLE reference (
  parameter   INTEGER NOT NULL,
  target_type BIGINT NOT NULL,
  target_id   TEXT COLLATE "C" NOT NULL,
  patient     BIGINT NOT NULL,
  resource    BIGINT NOT NULL,
  PRIMARY KEY (parameter, target_type, target_id, patient, resource)
);

CREATE TABLE date (
  parameter INTEGER NOT NULL,
  patient   BIGINT NOT NULL,
  "begin"   BIGINT NOT NULL,
  "end"     BIGINT NOT NULL,
  resource  BIGINT NOT NULL,
  PRIMARY KEY (parameter, patient, "begin", "end", resource)
);
CREATE INDEX date_of_all_patients ON date (parameter, "begin", "end", patient, resource);

CREATE TABLE string (
  parameter INTEGER NOT NULL,
  folded    TEXT COLLATE "C" NOT NULL,
  patient   BIGINT NOT NULL,
  resource  BIGINT NOT NULL,
  PRIMARY KEY (parameter, folded, patient, resource)
);

CREATE TABLE uri (
  parameter INTEGER NOT NULL,
  uri       TEXT COLLATE "C" NOT NULL,
  patient   BIGINT NOT NULL,
  resource  BIGINT NOT NULL,
  PRIMARY KEY (parameter, uri, patient, resource)
);

CREATE TABLE number (
  parameter INTEGER NOT NULL,
  unit      BIGINT NOT NULL,
  low       TEXT COLLATE "C" NOT NULL,
  high      TEXT COLLATE "C" NOT NULL,
  patient   BIGINT NOT NULL,
  resource  BIGINT NOT NULL,
  PRIMARY KEY (parameter, unit, low, high, patient, resource)
);
