-- Whom a resource names that may tell of several patients (named_patients.h); 0: somebody who is not known here.
CREATE TABLE named_patient (
  resource INTEGER NOT NULL,
  patient  INTEGER NOT NULL,
  PRIMARY KEY (resource, patient)
) STRICT, WITHOUT ROWID;
CREATE INDEX named_patient_by_patient ON named_patient (patient, resource);
