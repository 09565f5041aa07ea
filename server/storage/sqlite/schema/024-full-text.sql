-- The words of current resources, a text of terms each (index_entries.h: word_term), in the engine's own full text,
-- which keeps neither the text nor where in it a word stood: https://www.sqlite.org/fts5.html
CREATE VIRTUAL TABLE full_text USING fts5 (terms, content = '', columnsize = 0, detail = none, tokenize = 'ascii');
-- As the other engine's table: term = 'x' asks for a term, term = 'x*' for those that begin so.
CREATE VIEW word AS
  SELECT f.full_text AS term, f.rowid AS resource, r.patient AS patient
  FROM full_text f CROSS JOIN resource r ON r.key = f.rowid;
