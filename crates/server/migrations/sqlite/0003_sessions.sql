-- Sign-ins under way, and sessions.
CREATE TABLE challenges (
    id             UUID PRIMARY KEY,
    workstation_id UUID NOT NULL REFERENCES workstations (id),
    user_id        UUID NOT NULL REFERENCES users (id),
    expires_at     BIGINT NOT NULL,
    tries_left     BIGINT NOT NULL CHECK (tries_left >= 0),
    satisfied_at   BIGINT
);
CREATE INDEX challenges_by_age ON challenges (expires_at);

-- What was answered to an attempt, so that a repeat gets the same answer. The body is kept as a keyed
-- hash: it holds a password.
CREATE TABLE attempts (
    workstation_id UUID NOT NULL REFERENCES workstations (id),
    attempt_id     UUID NOT NULL,
    body_mac       BYTEA NOT NULL,
    outcome        TEXT NOT NULL,
    -- The challenge or the session it led to.
    reference      UUID,
    tries_left     BIGINT,
    at             BIGINT NOT NULL,
    PRIMARY KEY (workstation_id, attempt_id)
);
CREATE INDEX attempts_by_age ON attempts (at);

CREATE TABLE sessions (
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
    -- How the person proved herself, for the login record.
    factors         TEXT NOT NULL CHECK (factors IN ('password', 'password-totp')),
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
    due_at          BIGINT
);
CREATE INDEX sessions_by_workstation ON sessions (workstation_id, state);
CREATE INDEX sessions_by_user ON sessions (user_id, state);
CREATE INDEX sessions_by_due ON sessions (due_at);

-- Ids of proofs that created, ended or satisfied something, until their nonce is over.
CREATE TABLE spent_proofs (
    thumbprint TEXT NOT NULL,
    proof_id   UUID NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (thumbprint, proof_id)
);
CREATE INDEX spent_proofs_by_age ON spent_proofs (expires_at);
