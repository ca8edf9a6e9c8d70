-- Whether it was seen to that an ended session has its logout on record (jobs/record_logouts.rs).
ALTER TABLE sessions ADD COLUMN is_logout_settled BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX sessions_by_unsettled_end ON sessions (ended_at) WHERE state = 'ended' AND NOT is_logout_settled;
