-- What is to be done, by urgency: a row per open Task of ours, written with it (worklist.h).
CREATE TABLE worklist (
  resource  BIGINT PRIMARY KEY,
  patient   BIGINT NOT NULL,
  colour    BIGINT NOT NULL,
  due       BIGINT NOT NULL,
  opened    BIGINT NOT NULL,
  owner     TEXT COLLATE "C" NOT NULL,
  district  TEXT COLLATE "C" NOT NULL,
  situation TEXT COLLATE "C" NOT NULL,
  leads     BIGINT NOT NULL
);
CREATE INDEX worklist_by_urgency ON worklist (colour, due, resource);
CREATE INDEX worklist_of_owner ON worklist (owner, colour, due, resource);
CREATE INDEX worklist_of_district ON worklist (district, colour, due, resource);
CREATE INDEX worklist_of_patient ON worklist (patient, colour, due, resource);
CREATE INDEX worklist_of_situation ON worklist (patient, situation, colour, due, resource);

INSERT INTO due (kind, patient, subject, at) SELECT 10, 0, '', 0 WHERE EXISTS (SELECT 1 FROM resource);
