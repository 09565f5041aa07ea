-- Logins of our own pages (page_sessions.h), known to every process and over a restart. Whoever reads this table is
-- nobody by it: the cookie does not stand here, and nothing opens without it.
CREATE TABLE page_session (
  key        BLOB    NOT NULL PRIMARY KEY,  -- SHA-256 of the cookie's value
  sealed     TEXT    NOT NULL,              -- who it is
  begun      INTEGER NOT NULL,
  used       INTEGER NOT NULL,              -- within a minute
  ends       INTEGER NOT NULL,              -- unless it is used until then
  subject    BLOB    NOT NULL,              -- keyed digests of the issuer's words for whom and which login it is
  of_issuer  BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX page_session_by_subject ON page_session (subject);
CREATE INDEX page_session_by_issuers ON page_session (of_issuer);
CREATE INDEX page_session_by_end ON page_session (ends);
