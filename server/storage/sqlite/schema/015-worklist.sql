-- What is to be done, by urgency: a row per open Task of ours, written with it (worklist.h).
CREATE TABLE worklist (
  resource  INTEGER PRIMARY KEY,
  patient   INTEGER NOT NULL,
  colour    INTEGER NOT NULL,        -- the most urgent is 0
  due       INTEGER NOT NULL,
  opened    INTEGER NOT NULL,
  owner     TEXT    NOT NULL,        -- "Practitioner/7"; empty: nobody's
  district  TEXT    NOT NULL,        -- "Organization/3"; empty: none is known
  situation TEXT    NOT NULL,        -- Task.groupIdentifier; empty: it stands alone
  leads     INTEGER NOT NULL         -- 1: the most urgent of its situation
) STRICT;
CREATE INDEX worklist_by_urgency ON worklist (colour, due, resource);
CREATE INDEX worklist_of_owner ON worklist (owner, colour, due, resource);
CREATE INDEX worklist_of_district ON worklist (district, colour, due, resource);
CREATE INDEX worklist_of_patient ON worklist (patient, colour, due, resource);
CREATE INDEX worklist_of_situation ON worklist (patient, situation, colour, due, resource);

-- Tasks that were written before get their rows by the clock (due.h: DueKind::worklist).
INSERT INTO due (kind, patient, subject, at) SELECT 10, 0, '', 0 WHERE EXISTS (SELECT 1 FROM resource);
