-- What the steps of SQLite up to 0108 make; each later step has the same number there and here.
-- Names are compared and put in order by their bytes, as there.

-- Workstations and the codes they enrol with.
CREATE TABLE workstations (
    id             UUID PRIMARY KEY,
    name           TEXT COLLATE "C" NOT NULL UNIQUE,
    unit           TEXT NOT NULL,
    -- base64url(SHA-256(JWK)) of RFC 7638; one key, one workstation, for ever.
    key_thumbprint TEXT NOT NULL UNIQUE,
    host_name      TEXT NOT NULL,
    os             TEXT NOT NULL,
    agent_version  TEXT NOT NULL,
    enrolled_at    BIGINT NOT NULL,
    heard_at       BIGINT NOT NULL,
    revoked_at     BIGINT,
    cloned_at      BIGINT,
    -- The generation of nonces it has confirmed, since when, and whether nothing else is under way any
    -- more (auth/nonce.rs).
    generation            BIGINT NOT NULL,
    generation_tag        BIGINT NOT NULL,
    generation_at         BIGINT NOT NULL,
    is_generation_settled BOOLEAN NOT NULL
);

CREATE TABLE enrolment_codes (
    id          UUID PRIMARY KEY,
    secret_hash BYTEA NOT NULL UNIQUE,
    -- Empty: the server names the workstation.
    name        TEXT NOT NULL,
    unit        TEXT NOT NULL,
    uses_left   BIGINT NOT NULL,
    made_at     BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);

-- People and what proves them.
CREATE TABLE users (
    id             UUID PRIMARY KEY,
    -- NFC, lower case (identity/name.rs).
    name           TEXT COLLATE "C" NOT NULL UNIQUE,
    display_name   TEXT NOT NULL,
    role           TEXT,
    -- PHC string of Argon2id; the pepper is not in it.
    password_hash  TEXT NOT NULL,
    -- AES-256-GCM, bound to this row (identity/sealing.rs).
    totp_sealed    BYTEA NOT NULL,
    -- The newest step that signed somebody in: only a later one is accepted (RFC 6238, 5.2).
    totp_step_last BIGINT NOT NULL,
    made_at        BIGINT NOT NULL,
    disabled_at    BIGINT,
    -- How often an administrator replaced the password: a hash that only got another cost is of the same one.
    password_number BIGINT NOT NULL DEFAULT 0,
    -- PHC string of Argon2id, like the password's.
    pin_hash       TEXT
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
    factor         TEXT NOT NULL CHECK (factor IN ('first', 'second', 'pin')),
    in_a_row       BIGINT NOT NULL,
    locked_until   BIGINT NOT NULL,
    failed_at      BIGINT NOT NULL,
    PRIMARY KEY (subject, workstation_id, factor)
);
CREATE INDEX failures_by_age ON failures (failed_at);

-- The different badges that nobody has, of the last ten minutes at each workstation: blind indexes, at most twenty.
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

-- A person's last strong sign-in in each unit.
CREATE TABLE graces (
    user_id  UUID NOT NULL REFERENCES users (id),
    unit     TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, unit)
);

-- Lists of badges that are imported all or none: set aside row by row, taken over at once.
CREATE TABLE badge_imports (
    id          UUID PRIMARY KEY,
    -- When its rows became badges, all of them; before that it is nothing.
    accepted_at BIGINT
);

CREATE TABLE badge_import_rows (
    import_id    UUID NOT NULL REFERENCES badge_imports (id),
    number_index BYTEA NOT NULL,
    badge_id     UUID NOT NULL,
    user_id      UUID NOT NULL REFERENCES users (id),
    grade        TEXT NOT NULL CHECK (grade IN ('uid', 'cryptographic')),
    -- Whether the badge is hers already, and becomes one that proves a key.
    is_upgrade   BOOLEAN NOT NULL,
    PRIMARY KEY (import_id, number_index)
);

-- Sign-ins under way, and sessions.
CREATE TABLE challenges (
    id             UUID PRIMARY KEY,
    workstation_id UUID NOT NULL REFERENCES workstations (id),
    user_id        UUID NOT NULL REFERENCES users (id),
    expires_at     BIGINT NOT NULL,
    tries_left     BIGINT NOT NULL CHECK (tries_left >= 0),
    satisfied_at   BIGINT,
    -- What it is for, what was shown before it, and what satisfies it; lists are separated by spaces.
    purpose        TEXT NOT NULL CHECK (purpose IN ('sign-in', 'resume', 'renew', 'badge-lost')),
    shown          TEXT NOT NULL,
    asks           TEXT NOT NULL,
    session_id     UUID,
    badge_id       UUID
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
    cover_asked_at  BIGINT,
    -- The badge that was last shown or enrolled within the session: by it the workstation is told of the grace period.
    badge_id        UUID REFERENCES badges (id)
);
CREATE INDEX sessions_by_workstation ON sessions (workstation_id, state);
CREATE INDEX sessions_by_user ON sessions (user_id, state);
CREATE INDEX sessions_by_due ON sessions (due_at);
CREATE INDEX sessions_by_unsettled_end ON sessions (ended_at) WHERE state = 'ended' AND NOT is_logout_settled;

-- Ids of proofs that created, ended or satisfied something, until their nonce is over.
CREATE TABLE spent_proofs (
    thumbprint TEXT NOT NULL,
    proof_id   UUID NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (thumbprint, proof_id)
);
CREATE INDEX spent_proofs_by_age ON spent_proofs (expires_at);

-- The audit record: append-only, in the order of receipt.
CREATE TABLE audit_events (
    id             UUID PRIMARY KEY,
    -- The node that took it up, and its place there, counted from 1 without a gap. The hash chain of
    -- each node will stand in columns of its own beside these.
    chain_id       BIGINT NOT NULL,
    chain_seq      BIGINT NOT NULL,
    -- When it happened, by its writer's clock.
    recorded_at    BIGINT NOT NULL,
    -- The stamp of the server: when it came, and by which workstation's proof (NULL: the server's own).
    received_at    BIGINT NOT NULL,
    received_from  UUID,
    workstation_id UUID,
    user_id        UUID,
    session_id     UUID,
    -- FHIR R4 AuditEvent, in the one spelling that crate `audit` gives it.
    event          TEXT NOT NULL,
    UNIQUE (chain_id, chain_seq)
);
CREATE INDEX audit_events_by_time ON audit_events (recorded_at, chain_id, chain_seq);
CREATE INDEX audit_events_by_user ON audit_events (user_id, recorded_at);
CREATE INDEX audit_events_by_workstation ON audit_events (workstation_id, recorded_at);

CREATE FUNCTION audit_events_are_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an audit event is never changed or deleted';
END;
$$;
CREATE TRIGGER audit_events_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_events_are_never_changed();

-- Who may read it. The token itself is shown once and never stored.
CREATE TABLE auditor_tokens (
    name       TEXT COLLATE "C" PRIMARY KEY,
    -- SHA-256 of the token as it is sent.
    token_hash BYTEA NOT NULL UNIQUE,
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
