-- People and what proves them.
CREATE TABLE users (
    id             UUID PRIMARY KEY,
    -- NFC, lower case (identity/name.rs).
    name           TEXT NOT NULL UNIQUE,
    display_name   TEXT NOT NULL,
    role           TEXT,
    -- PHC string of Argon2id; the pepper is not in it.
    password_hash  TEXT NOT NULL,
    -- AES-256-GCM, bound to this row (identity/sealing.rs).
    totp_sealed    BYTEA NOT NULL,
    -- The newest step that signed somebody in: only a later one is accepted (RFC 6238, 5.2).
    totp_step_last BIGINT NOT NULL,
    made_at        BIGINT NOT NULL,
    disabled_at    BIGINT
);

-- Where a person has completed a sign-in; failures elsewhere do not slow her there.
CREATE TABLE known_places (
    user_id        UUID NOT NULL REFERENCES users (id),
    workstation_id UUID NOT NULL REFERENCES workstations (id),
    signed_in_at   BIGINT NOT NULL,
    PRIMARY KEY (user_id, workstation_id)
);

-- Failures in a row, by blind index of the name. The nil workstation counts over all of them.
CREATE TABLE failures (
    subject        BYTEA NOT NULL,
    workstation_id UUID NOT NULL,
    factor         TEXT NOT NULL CHECK (factor IN ('first', 'second')),
    in_a_row       BIGINT NOT NULL,
    locked_until   BIGINT NOT NULL,
    failed_at      BIGINT NOT NULL,
    PRIMARY KEY (subject, workstation_id, factor)
);
CREATE INDEX failures_by_age ON failures (failed_at);
