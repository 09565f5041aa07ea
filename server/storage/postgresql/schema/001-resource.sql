-- What is stored, as ../../sqlite/schema has it: the same tables and columns, so that both engines understand the same
-- statements. Texts that are compared or sorted are so by their bytes (COLLATE "C"). Keys are counted by the writer: no
-- sequence. Indexes of texts that a sender makes as long as it likes are hashes: a B-tree's key has at most 2,704 bytes.

CREATE TABLE patient (
  key      BIGINT PRIMARY KEY,
  id       TEXT COLLATE "C" NOT NULL UNIQUE,
  survivor BIGINT
);

CREATE TABLE symbol (
  key  BIGINT PRIMARY KEY,
  text TEXT COLLATE "C" NOT NULL
);
CREATE INDEX symbol_by_text ON symbol USING hash (text);

CREATE TABLE resource_type (
  key  BIGINT PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE resource (
  key     BIGINT PRIMARY KEY,
  patient BIGINT NOT NULL,
  type    BIGINT NOT NULL,
  id      TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  method  SMALLINT NOT NULL,
  entries BYTEA NOT NULL,
  bytes   TEXT NOT NULL
);
CREATE UNIQUE INDEX resource_by_id ON resource (type, id);
CREATE INDEX resource_by_updated ON resource (type, updated, key, version);

CREATE TABLE history (
  resource BIGINT NOT NULL,
  version  BIGINT NOT NULL,
  patient  BIGINT NOT NULL,
  type     BIGINT NOT NULL,
  updated  BIGINT NOT NULL,
  method   SMALLINT NOT NULL,
  bytes    TEXT NOT NULL,
  PRIMARY KEY (resource, version)
);
CREATE INDEX history_by_updated ON history (type, updated, resource, version);

CREATE TABLE setting (
  name  TEXT COLLATE "C" PRIMARY KEY,
  value BIGINT NOT NULL
);
