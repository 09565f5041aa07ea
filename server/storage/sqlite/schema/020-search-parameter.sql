-- Search parameters beside those that R4 defines and the index tables hold: what SearchParameter resources define, and
-- those of R4's that another release defines otherwise, until they are indexed anew.
CREATE TABLE search_parameter (
  type       INTEGER NOT NULL,
  code       TEXT    NOT NULL,
  state      INTEGER NOT NULL,         -- 0 being indexed, 1 in use, 2 its rows are being removed
  kind       TEXT    NOT NULL,         -- http://hl7.org/fhir/search-param-type
  expression TEXT    NOT NULL,
  targets    TEXT    NOT NULL,         -- of a reference: types, blank between
  resource   TEXT    NOT NULL,         -- id of the SearchParameter; empty: R4's own
  url        TEXT    NOT NULL,
  PRIMARY KEY (type, code)
) STRICT, WITHOUT ROWID;

-- Types whose resources are being indexed anew, by id: which are done, and which were stored by the new rules.
CREATE TABLE reindexing (
  type   INTEGER PRIMARY KEY,
  after  TEXT    NOT NULL,             -- done up to that id
  newest INTEGER NOT NULL,             -- resources with a greater key need it not
  done   INTEGER NOT NULL              -- so many
) STRICT;

-- Which of R4's parameters the rows of a type were made by: "code=hash", blank between.
CREATE TABLE indexed_by (
  type       INTEGER PRIMARY KEY,
  parameters TEXT    NOT NULL
) STRICT;
