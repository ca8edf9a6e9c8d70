-- Servers that keep their rows here. The number of each is that of its chain in the audit record.
CREATE TABLE nodes (
    id     UUID PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE
);

-- By which each server knows that its key store is that of the others: keyed hashes of nothing.
CREATE TABLE key_checks (
    name TEXT PRIMARY KEY,
    mac  BYTEA NOT NULL
);
