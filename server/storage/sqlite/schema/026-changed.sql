-- What was changed after a moment, so that the pages of a search show what was current when it began (search/past.h).
-- A resource that was only ever created has no row.
CREATE INDEX resource_changed ON resource (type, updated) WHERE version > 1;
