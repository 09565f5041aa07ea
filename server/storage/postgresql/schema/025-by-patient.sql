-- Every key of what is a patient's holds the patient, so that rows can be spread over nodes by it (spread.h): no index,
-- constraint or lock crosses patients where one of them is written.

-- That an id stands once, whosever it is, is seen to by a row of its own, which is spread by the id.
CREATE TABLE locator (
  type    BIGINT NOT NULL,
  id      TEXT COLLATE "C" NOT NULL,
  patient BIGINT NOT NULL,
  PRIMARY KEY (type, id)
);

-- What is nobody's is spread by its own key: below zero, in the order of the keys (whose.h).
UPDATE resource SET patient = key + (-9223372036854775807 - 1) WHERE patient = 0;
UPDATE history SET patient = resource + (-9223372036854775807 - 1) WHERE patient = 0;
UPDATE token SET patient = resource + (-9223372036854775807 - 1) WHERE patient = 0;
UPDATE reference SET patient = resource + (-9223372036854775807 - 1) WHERE patient = 0;
UPDATE date SET patient = resource + (-9223372036854775807 - 1) WHERE patient = 0;
UPDATE string SET patient = resource + (-9223372036854775807 - 1) WHERE patient = 0;
UPDATE uri SET patient = resource + (-9223372036854775807 - 1) WHERE patient = 0;
UPDATE number SET patient = resource + (-9223372036854775807 - 1) WHERE patient = 0;
UPDATE word SET patient = resource + (-9223372036854775807 - 1) WHERE patient = 0;

INSERT INTO locator (type, id, patient) SELECT type, id, patient FROM resource;

ALTER TABLE resource DROP CONSTRAINT resource_pkey, ADD PRIMARY KEY (key, patient);
DROP INDEX resource_by_id;
CREATE INDEX resource_by_id ON resource (type, id);
ALTER TABLE history DROP CONSTRAINT history_pkey, ADD PRIMARY KEY (resource, version, patient);
ALTER TABLE worklist DROP CONSTRAINT worklist_pkey, ADD PRIMARY KEY (resource, patient);
ALTER TABLE outbox DROP CONSTRAINT outbox_pkey, ADD PRIMARY KEY (id, patient);
-- A MsgId is made here and tells by itself; that it is new is looked at before (messages/outbox.cpp).
ALTER TABLE outbox DROP CONSTRAINT outbox_msg_id_key;
CREATE INDEX outbox_by_msg_id ON outbox (msg_id);
ALTER TABLE audit DROP CONSTRAINT audit_pkey, ADD PRIMARY KEY (number, patient);
ALTER TABLE journal DROP CONSTRAINT journal_pkey, ADD PRIMARY KEY (number, patient);

ALTER TABLE told ADD COLUMN patient BIGINT NOT NULL DEFAULT 0;
UPDATE told SET patient = o.patient FROM resource o WHERE o.key = told.observation AND o.patient > 0;
ALTER TABLE told DROP CONSTRAINT told_pkey, ADD PRIMARY KEY (observation, patient);
