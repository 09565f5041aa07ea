-- Who stands in a care relation to which patient (care_relations.h), and from which resource that is known.
CREATE TABLE care_relation (
  patient INTEGER NOT NULL,
  holder  TEXT    NOT NULL,          -- "gp hpr:9144897", "centre org:974589095"
  source  INTEGER NOT NULL,          -- the resource that says so
  until   INTEGER,                   -- no relation from then on; NULL: as long as the source says so
  PRIMARY KEY (patient, holder, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX care_relation_by_source ON care_relation (source);

-- Who saw and did what, of whom (audit_log.h). Rows are only added; each holds the hash of itself and the one before.
CREATE TABLE audit (
  number  INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  patient INTEGER NOT NULL,          -- 0: about no patient
  agent   TEXT    NOT NULL,          -- who, to be searched by
  event   TEXT    NOT NULL,          -- all that is told of it, as JSON
  hash    BLOB    NOT NULL
) STRICT;
CREATE INDEX audit_by_patient ON audit (patient, number);
CREATE INDEX audit_by_agent ON audit (agent, number);
CREATE INDEX audit_by_time ON audit (at);

-- Proofs of possession (DPoP) that were used, until they are too old to be used again.
CREATE TABLE seen_proof (
  proof BLOB    NOT NULL PRIMARY KEY,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_proof_by_until ON seen_proof (until);
