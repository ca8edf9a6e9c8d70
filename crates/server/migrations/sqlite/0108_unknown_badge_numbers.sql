-- The different badges that nobody has, of the last ten minutes at each workstation: blind indexes, at most twenty. What
-- was counted before is forgotten.
DROP TABLE unknown_badges;
CREATE TABLE unknown_badges (
    workstation_id   UUID PRIMARY KEY REFERENCES workstations (id),
    waits            BIGINT NOT NULL,
    last_at          BIGINT NOT NULL,
    locked_until     BIGINT NOT NULL,
    is_wait_recorded BOOLEAN NOT NULL
);
CREATE TABLE unknown_badge_numbers (
    workstation_id UUID NOT NULL REFERENCES unknown_badges (workstation_id) ON DELETE CASCADE,
    number_index   BYTEA NOT NULL,
    presented_at   BIGINT NOT NULL,
    PRIMARY KEY (workstation_id, number_index)
);
