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

CREATE TRIGGER audit_events_are_never_changed BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'an audit event is never changed');
END;

CREATE TRIGGER audit_events_are_never_deleted BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'an audit event is never deleted');
END;

-- INSERT OR REPLACE deletes without asking the trigger above.
CREATE TRIGGER audit_events_are_never_replaced BEFORE INSERT ON audit_events
WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id OR (chain_id = NEW.chain_id AND chain_seq = NEW.chain_seq))
BEGIN
    SELECT RAISE(ABORT, 'an audit event is never replaced');
END;

-- Who may read it. The token itself is shown once and never stored.
CREATE TABLE auditor_tokens (
    name       TEXT PRIMARY KEY,
    -- SHA-256 of the token as it is sent.
    token_hash BYTEA NOT NULL UNIQUE,
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
