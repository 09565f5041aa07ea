-- As ../../sqlite/schema/017-access.sql.
CREATE TABLE care_relation (
  patient BIGINT NOT NULL,
  holder  TEXT COLLATE "C" NOT NULL,
  source  BIGINT NOT NULL,
  until   BIGINT,
  PRIMARY KEY (patient, holder, source)
);
CREATE INDEX care_relation_by_source ON care_relation (source);

CREATE TABLE audit (
  number  BIGINT PRIMARY KEY,
  at      BIGINT NOT NULL,
  patient BIGINT NOT NULL,
  agent   TEXT COLLATE "C" NOT NULL,
  event   TEXT NOT NULL,
  hash    BYTEA NOT NULL
);
CREATE INDEX audit_by_patient ON audit (patient, number);
CREATE INDEX audit_by_agent ON audit (agent, number);
CREATE INDEX audit_by_time ON audit (at);

CREATE TABLE seen_proof (
  proof BYTEA PRIMARY KEY,
  until BIGINT NOT NULL
);
CREATE INDEX seen_proof_by_until ON seen_proof (until);
