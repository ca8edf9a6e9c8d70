-- How often an administrator replaced the password: a hash that only got another cost is of the same one.
ALTER TABLE users ADD COLUMN password_number BIGINT NOT NULL DEFAULT 0;
