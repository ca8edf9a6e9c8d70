-- Workstations and the codes they enrol with.
CREATE TABLE workstations (
    id             UUID PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
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
