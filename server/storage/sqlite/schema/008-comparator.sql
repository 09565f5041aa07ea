-- A value that was sent as "<70" or ">33.3" is only a bound: it is judged and shown, and no statistic is computed of it.
ALTER TABLE measurement ADD COLUMN comparator INTEGER NOT NULL DEFAULT 0;  -- character: < or >; 0: the value itself
