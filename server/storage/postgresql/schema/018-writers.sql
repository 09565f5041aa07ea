-- Several processes write by turns: one row, locked from the beginning of a writer's transaction to its end (engine.cpp).
-- number: of turns that were committed; newest: the time of the last of them.
CREATE TABLE writer_turn (
  one    SMALLINT PRIMARY KEY,
  number BIGINT NOT NULL,
  newest BIGINT NOT NULL
);
INSERT INTO writer_turn (one, number, newest) VALUES (1, 0, 0);

-- What all processes must have alike, such as the key that links of pages are sealed with.
CREATE TABLE common_secret (
  name  TEXT COLLATE "C" PRIMARY KEY,
  bytes BYTEA NOT NULL
);
