-- What the rules must know about a patient when a measurement comes in, one probe each. Kept in step with the
-- resources that express it, in the same transaction; the resources are the truth.

CREATE TABLE measure_limits (
  patient  INTEGER NOT NULL,
  measure  INTEGER NOT NULL,        -- symbol.key of "system|code"
  resource INTEGER NOT NULL,        -- ServiceRequest of the planned measurement
  since    INTEGER NOT NULL,
  limits   TEXT    NOT NULL,        -- compact text, owned by server/followup
  PRIMARY KEY (patient, measure, resource)
) STRICT, WITHOUT ROWID;
CREATE INDEX measure_limits_by_resource ON measure_limits (resource);

CREATE TABLE enrolment (
  patient  INTEGER NOT NULL,
  resource INTEGER NOT NULL,        -- EpisodeOfCare
  state    INTEGER NOT NULL,        -- followup.h: EnrolmentState
  since    INTEGER NOT NULL,
  PRIMARY KEY (patient, resource)
) STRICT, WITHOUT ROWID;

-- At most one open alert per patient and subject matter.
CREATE TABLE open_alert (
  patient INTEGER NOT NULL,
  subject TEXT    NOT NULL,         -- what it is about: a measure's name
  task    TEXT    NOT NULL,         -- Task.id
  opened  INTEGER NOT NULL,
  PRIMARY KEY (patient, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX open_alert_by_task ON open_alert (task);
