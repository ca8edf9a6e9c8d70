-- Badges. A number is kept as a blind index only: whoever has the database learns no badge from it.
CREATE TABLE badges (
    id            UUID PRIMARY KEY,
    number_index  BYTEA NOT NULL UNIQUE,
    user_id       UUID NOT NULL REFERENCES users (id),
    grade         TEXT NOT NULL CHECK (grade IN ('uid', 'cryptographic')),
    enrolled_at   BIGINT NOT NULL,
    enrolled_by   TEXT NOT NULL CHECK (enrolled_by IN ('self', 'administrator', 'list')),
    revoked_at    BIGINT,
    -- Where and when it was last presented, and when that was last too quick for one person's feet.
    seen_at             BIGINT,
    seen_workstation_id UUID REFERENCES workstations (id),
    alerted_at          BIGINT
);
CREATE INDEX badges_by_user ON badges (user_id);

-- A person's last strong sign-in while it lets her badge alone sign her in; ended by deleting it.
CREATE TABLE graces (
    user_id  UUID PRIMARY KEY REFERENCES users (id),
    began_at BIGINT NOT NULL,
    unit     TEXT NOT NULL
);

-- PHC string of Argon2id, like the password's.
ALTER TABLE users ADD COLUMN pin_hash TEXT;

-- What a challenge is for, what was shown before it, and what satisfies it; lists are separated by spaces.
ALTER TABLE challenges ADD COLUMN purpose TEXT NOT NULL DEFAULT 'sign-in'
    CHECK (purpose IN ('sign-in', 'resume', 'renew'));
ALTER TABLE challenges ADD COLUMN shown TEXT NOT NULL DEFAULT 'password';
ALTER TABLE challenges ADD COLUMN asks TEXT NOT NULL DEFAULT 'totp';
ALTER TABLE challenges ADD COLUMN session_id UUID;
ALTER TABLE challenges ADD COLUMN badge_id UUID;

-- A third counter: PINs.
CREATE TABLE failures_with_pins (
    subject        BYTEA NOT NULL,
    workstation_id UUID NOT NULL,
    factor         TEXT NOT NULL CHECK (factor IN ('first', 'second', 'pin')),
    in_a_row       BIGINT NOT NULL,
    locked_until   BIGINT NOT NULL,
    failed_at      BIGINT NOT NULL,
    PRIMARY KEY (subject, workstation_id, factor)
);
INSERT INTO failures_with_pins SELECT subject, workstation_id, factor, in_a_row, locked_until, failed_at FROM failures;
DROP TABLE failures;
ALTER TABLE failures_with_pins RENAME TO failures;
CREATE INDEX failures_by_age ON failures (failed_at);

-- Sessions whose factors include badges, and which screens are covered.
CREATE TABLE sessions_with_covers (
    id              UUID PRIMARY KEY,
    user_id         UUID NOT NULL REFERENCES users (id),
    workstation_id  UUID NOT NULL REFERENCES workstations (id),
    state           TEXT NOT NULL CHECK (state IN ('open', 'lapsed', 'ended')),
    -- SHA-256 of 256 random bits.
    credential_hash BYTEA NOT NULL UNIQUE,
    -- The one before an adoption, until the fresh one is used: the answer may have been lost.
    credential_hash_before BYTEA,
    -- Whether the credential has been used: an unused one may be replaced for a repeated attempt.
    is_credential_used BOOLEAN NOT NULL,
    -- How the person proved herself, for the login record (crate audit, Factors).
    factors         TEXT NOT NULL,
    opened_at       BIGINT NOT NULL,
    last_input_at   BIGINT NOT NULL,
    last_heard_at   BIGINT NOT NULL,
    absolute_until  BIGINT NOT NULL,
    inactivity_ms   BIGINT NOT NULL,
    warning_ms      BIGINT NOT NULL,
    heartbeat_ms    BIGINT NOT NULL,
    lapsed_at       BIGINT,
    ended_at        BIGINT,
    cause           TEXT,
    -- What time alone does next (session/expiry.rs); absent once ended.
    due_at          BIGINT,
    -- Whether it was seen to that an ended session has its logout on record (jobs/record_logouts.rs).
    is_logout_settled BOOLEAN NOT NULL DEFAULT FALSE,
    -- When password and one-time code were last shown within it.
    strong_at       BIGINT,
    -- When its screen was last uncovered: opened, or resumed.
    uncovered_at    BIGINT NOT NULL,
    -- Since when its workstation says that its screen is covered.
    concealed_at    BIGINT,
    -- Since when it should be covered, for she uncovered another; until it is, or she is back.
    cover_asked_at  BIGINT
);
INSERT INTO sessions_with_covers
    SELECT id, user_id, workstation_id, state, credential_hash, credential_hash_before, is_credential_used, factors,
           opened_at, last_input_at, last_heard_at, absolute_until, inactivity_ms, warning_ms, heartbeat_ms, lapsed_at,
           ended_at, cause, due_at, is_logout_settled, NULL, opened_at, NULL, NULL
    FROM sessions;
DROP TABLE sessions;
ALTER TABLE sessions_with_covers RENAME TO sessions;
CREATE INDEX sessions_by_workstation ON sessions (workstation_id, state);
CREATE INDEX sessions_by_user ON sessions (user_id, state);
CREATE INDEX sessions_by_due ON sessions (due_at);
CREATE INDEX sessions_by_unsettled_end ON sessions (ended_at) WHERE state = 'ended' AND NOT is_logout_settled;
