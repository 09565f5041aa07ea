-- As ../../sqlite/schema/034-page-session.sql.
CREATE TABLE page_session (
  key       BYTEA PRIMARY KEY,
  sealed    TEXT   NOT NULL,
  begun     BIGINT NOT NULL,
  used      BIGINT NOT NULL,
  ends      BIGINT NOT NULL,
  subject   BYTEA  NOT NULL,
  of_issuer BYTEA  NOT NULL
);
CREATE INDEX page_session_by_subject ON page_session (subject);
CREATE INDEX page_session_by_issuers ON page_session (of_issuer);
CREATE INDEX page_session_by_end ON page_session (ends);
