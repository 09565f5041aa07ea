-- The words of current resources, a row each (index_entries.h: word_term).
CREATE TABLE word (
  term     TEXT COLLATE "C" NOT NULL,
  resource BIGINT NOT NULL,
  patient  BIGINT NOT NULL,
  PRIMARY KEY (term, resource, patient)
);
