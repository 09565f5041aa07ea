-- As ../../sqlite/schema/029-awaited.sql.
CREATE TABLE awaited (
  type     BIGINT NOT NULL,        -- keys.h: type_key
  id       TEXT    NOT NULL,
  resource BIGINT NOT NULL,        -- that refers to it
  PRIMARY KEY (type, id, resource)
);
CREATE INDEX awaited_by_resource ON awaited (resource);
