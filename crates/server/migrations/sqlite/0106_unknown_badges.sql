-- Badge numbers that nobody has, presented at a workstation: counted against guessing. The last one is a blind index.
CREATE TABLE unknown_badges (
    workstation_id UUID PRIMARY KEY REFERENCES workstations (id),
    since          BIGINT NOT NULL,
    count          BIGINT NOT NULL,
    last_index     BYTEA NOT NULL,
    last_at        BIGINT NOT NULL,
    locked_until   BIGINT NOT NULL
);
