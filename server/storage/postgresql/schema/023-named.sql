-- As ../../sqlite/schema/023-named.sql.
CREATE TABLE named_patient (
  resource BIGINT NOT NULL,
  patient  BIGINT NOT NULL,
  PRIMARY KEY (resource, patient)
);
CREATE INDEX named_patient_by_patient ON named_patient (patient, resource);
