-- What resources that may tell of several patients (named_patients.h) refer to, and is not stored yet: whom they name
-- is found out anew when it comes.
CREATE TABLE awaited (
  type     INTEGER NOT NULL,        -- keys.h: type_key
  id       TEXT    NOT NULL,
  resource INTEGER NOT NULL,        -- that refers to it
  PRIMARY KEY (type, id, resource)
) STRICT, WITHOUT ROWID;
CREATE INDEX awaited_by_resource ON awaited (resource);
