-- As ../../sqlite/schema/026-changed.sql.
CREATE INDEX resource_changed ON resource (type, updated) WHERE version > 1;
