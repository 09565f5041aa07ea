-- Whom the letter was about stands with it, as in every table of what is a patient's. (PostgreSQL's file of this number
-- puts the patient into every key, too, so that rows can be spread by it; here all of them are in one file.)
ALTER TABLE told ADD COLUMN patient INTEGER NOT NULL DEFAULT 0;
UPDATE told SET patient = coalesce((SELECT patient FROM resource WHERE key = told.observation), 0);
