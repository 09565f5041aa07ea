-- What is stored: the current version of every resource, its older versions, and the patients they belong to.
-- Times are microseconds UTC since 1970. patient = 0: outside every patient's compartment.

CREATE TABLE patient (
  key INTEGER PRIMARY KEY,
  id  TEXT NOT NULL UNIQUE          -- Patient.id; the row may exist before the resource does
) STRICT;

-- Texts that repeat by the million: systems of codes and identifiers, names of measures, units. Never deleted.
CREATE TABLE symbol (
  key  INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

-- For people who read the tables, and against a collision of type keys.
CREATE TABLE resource_type (
  key  INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- The current version with its bytes inline: a read by id is two probes, whatever the length of the history.
-- A deleted resource keeps its row, with method 2 and no bytes.
CREATE TABLE resource (
  key     INTEGER PRIMARY KEY,
  patient INTEGER NOT NULL,
  type    INTEGER NOT NULL,         -- keys.h: type_key
  id      TEXT    NOT NULL,
  version INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  method  INTEGER NOT NULL,         -- 0 create, 1 update, 2 delete
  entries BLOB    NOT NULL,         -- its rows in the index tables (index_entries.h), so that an update finds them
  bytes   TEXT    NOT NULL          -- canonical JSON, ready to send
) STRICT;
CREATE UNIQUE INDEX resource_by_id ON resource (type, id);
CREATE INDEX resource_by_updated ON resource (type, updated);

-- Older versions; a row is written when its resource is updated or deleted, never on create.
CREATE TABLE history (
  sequence INTEGER PRIMARY KEY,
  resource INTEGER NOT NULL,
  version  INTEGER NOT NULL,
  patient  INTEGER NOT NULL,
  updated  INTEGER NOT NULL,
  method   INTEGER NOT NULL,
  bytes    TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX history_by_version ON history (resource, version);
