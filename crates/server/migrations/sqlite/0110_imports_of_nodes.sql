-- Number of the server that imports a list: none finishes another's.
ALTER TABLE badge_imports ADD COLUMN node BIGINT NOT NULL DEFAULT 1;
