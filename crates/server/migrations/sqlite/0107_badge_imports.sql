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
