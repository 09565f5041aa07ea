-- As ../../sqlite/schema has it.
CREATE TABLE search_parameter (
  type       BIGINT NOT NULL,
  code       TEXT COLLATE "C" NOT NULL,
  state      SMALLINT NOT NULL,
  kind       TEXT NOT NULL,
  expression TEXT NOT NULL,
  targets    TEXT NOT NULL,
  resource   TEXT COLLATE "C" NOT NULL,
  url        TEXT NOT NULL,
  PRIMARY KEY (type, code)
);

CREATE TABLE reindexing (
  type   BIGINT PRIMARY KEY,
  after  TEXT COLLATE "C" NOT NULL,
  newest BIGINT NOT NULL,
  done   BIGINT NOT NULL
);

CREATE TABLE indexed_by (
  type       BIGINT PRIMARY KEY,
  parameters TEXT NOT NULL
);
