-- A challenge may be for revoking all badges of a person who lost one.
CREATE TABLE challenges_of_losers (
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
INSERT INTO challenges_of_losers
    SELECT id, workstation_id, user_id, expires_at, tries_left, satisfied_at, purpose, shown, asks, session_id, badge_id
    FROM challenges;
DROP TABLE challenges;
ALTER TABLE challenges_of_losers RENAME TO challenges;
CREATE INDEX challenges_by_age ON challenges (expires_at);
