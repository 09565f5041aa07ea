-- What current resources are found by. Each table is one B-tree that holds nothing but its key.
-- parameter = parameter_key("Type.code") as a signed 32-bit number; resource = resource.key, ascending by creation.

-- A patient's resources with a code are one range in order of creation; an identifier is one probe.
CREATE TABLE token (
  parameter INTEGER NOT NULL,
  code      TEXT    NOT NULL,
  patient   INTEGER NOT NULL,
  resource  INTEGER NOT NULL,
  system    INTEGER NOT NULL,       -- symbol.key; 0 = no system
  PRIMARY KEY (parameter, code, patient, resource, system)
) STRICT, WITHOUT ROWID;

CREATE TABLE reference (
  parameter   INTEGER NOT NULL,
  target_type INTEGER NOT NULL,     -- keys.h: type_key
  target_id   TEXT    NOT NULL,
  patient     INTEGER NOT NULL,     -- of the resource that refers
  resource    INTEGER NOT NULL,
  PRIMARY KEY (parameter, target_type, target_id, patient, resource)
) STRICT, WITHOUT ROWID;

-- "begin" and "end": half-open, so the last microsecond of a day belongs to it.
CREATE TABLE date (
  parameter INTEGER NOT NULL,
  patient   INTEGER NOT NULL,
  "begin"   INTEGER NOT NULL,
  "end"     INTEGER NOT NULL,
  resource  INTEGER NOT NULL,
  PRIMARY KEY (parameter, patient, "begin", "end", resource)
) STRICT, WITHOUT ROWID;
CREATE INDEX date_of_all_patients ON date (parameter, "begin", "end");

CREATE TABLE string (
  parameter INTEGER NOT NULL,
  folded    TEXT    NOT NULL,       -- case and accents folded
  patient   INTEGER NOT NULL,
  resource  INTEGER NOT NULL,
  PRIMARY KEY (parameter, folded, patient, resource)
) STRICT, WITHOUT ROWID;

CREATE TABLE uri (
  parameter INTEGER NOT NULL,
  uri       TEXT    NOT NULL,
  patient   INTEGER NOT NULL,
  resource  INTEGER NOT NULL,
  PRIMARY KEY (parameter, uri, patient, resource)
) STRICT, WITHOUT ROWID;
