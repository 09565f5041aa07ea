-- What is measured, and what the rules must know of a patient.
CREATE TABLE measurement (
  patient    BIGINT NOT NULL,
  measure    BIGINT NOT NULL,
  time       BIGINT NOT NULL,
  resource   BIGINT NOT NULL,
  part       BIGINT NOT NULL,
  value      DOUBLE PRECISION NOT NULL,
  unit       BIGINT NOT NULL,
  zone       SMALLINT NOT NULL,
  valid      SMALLINT NOT NULL,
  comparator SMALLINT NOT NULL DEFAULT 0,
  PRIMARY KEY (patient, measure, time, resource, part)
);
CREATE INDEX measurement_by_resource ON measurement (resource);

CREATE TABLE observed (
  patient  BIGINT NOT NULL,
  code     BIGINT NOT NULL,
  time     BIGINT NOT NULL,
  resource BIGINT NOT NULL,
  PRIMARY KEY (patient, code, time, resource)
);

CREATE TABLE measure_limits (
  patient  BIGINT NOT NULL,
  measure  BIGINT NOT NULL,
  resource BIGINT NOT NULL,
  since    BIGINT NOT NULL,
  limits   TEXT NOT NULL,
  PRIMARY KEY (patient, measure, resource)
);
CREATE INDEX measure_limits_by_resource ON measure_limits (resource);

CREATE TABLE enrolment (
  patient  BIGINT NOT NULL,
  resource BIGINT NOT NULL,
  state    BIGINT NOT NULL,
  since    BIGINT NOT NULL,
  PRIMARY KEY (patient, resource)
);

CREATE TABLE open_alert (
  patient BIGINT NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  task    TEXT COLLATE "C" NOT NULL,
  opened  BIGINT NOT NULL,
  PRIMARY KEY (patient, subject)
);
CREATE INDEX open_alert_by_task ON open_alert (task);

CREATE TABLE due (
  kind    BIGINT NOT NULL,
  patient BIGINT NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (kind, patient, subject)
);
CREATE INDEX due_at ON due (at);
