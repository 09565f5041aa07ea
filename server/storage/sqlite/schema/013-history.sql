-- The changes of a type and of everything, by time: an older version says its type, and is found by when it was written.
ALTER TABLE history ADD COLUMN type INTEGER NOT NULL DEFAULT 0;
UPDATE history SET type = (SELECT type FROM resource WHERE key = history.resource);
CREATE INDEX history_by_updated ON history (type, updated, resource, version);
