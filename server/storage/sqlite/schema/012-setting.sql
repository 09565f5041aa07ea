-- Single facts about the store, by name.
CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Which rules the index rows were made by stood in the file's header until now.
INSERT INTO setting (name, value) SELECT 'index-rules', user_version FROM pragma_user_version;
