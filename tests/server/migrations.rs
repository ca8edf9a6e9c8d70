//! What stood in the database before an update stands there after it.

use rusqlite::Connection;

/// The steps of the version before badges, in their order.
const BEFORE: [&str; 6] = [
    include_str!("../../crates/server/migrations/sqlite/0001_workstations.sql"),
    include_str!("../../crates/server/migrations/sqlite/0002_users.sql"),
    include_str!("../../crates/server/migrations/sqlite/0003_sessions.sql"),
    include_str!("../../crates/server/migrations/sqlite/0100_audit_events.sql"),
    include_str!("../../crates/server/migrations/sqlite/0101_logout_records.sql"),
    include_str!("../../crates/server/migrations/sqlite/0102_password_number.sql"),
];
const BADGES: &str = include_str!("../../crates/server/migrations/sqlite/0103_badges.sql");
const GRACES: &str = include_str!("../../crates/server/migrations/sqlite/0104_graces_as_told.sql");
const BADGE_LOST: &str = include_str!("../../crates/server/migrations/sqlite/0105_badge_lost.sql");

#[test]
fn sessions_failures_and_challenges_outlive_the_update_that_brings_badges() {
    let mut database = Connection::open_in_memory().unwrap();
    database.pragma_update(None, "foreign_keys", true).unwrap();
    for step in BEFORE {
        database.execute_batch(step).unwrap();
    }
    database
        .execute_batch(
            "INSERT INTO workstations VALUES (x'01', 'WS-01', 'ICU-3', 'k', 'h', 'o', 'v', 1, 1, NULL, NULL, 0, 0, 1, FALSE);
             INSERT INTO users (id, name, display_name, password_hash, totp_sealed, totp_step_last, made_at)
             VALUES (x'02', 'maria', 'Maria O.', 'hash', x'03', 0, 1);
             INSERT INTO sessions (id, user_id, workstation_id, state, credential_hash, is_credential_used, factors,
                 opened_at, last_input_at, last_heard_at, absolute_until, inactivity_ms, warning_ms, heartbeat_ms, due_at)
             VALUES (x'04', x'02', x'01', 'open', x'05', TRUE, 'password-totp', 7, 8, 9, 10, 11, 12, 13, 14);
             INSERT INTO challenges (id, workstation_id, user_id, expires_at, tries_left)
             VALUES (x'06', x'01', x'02', 100, 5);
             INSERT INTO failures VALUES (x'07', x'01', 'first', 3, 0, 9);",
        )
        .unwrap();

    let update = database.transaction().unwrap();
    update.execute_batch(BADGES).unwrap();
    update.commit().unwrap();

    let one = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(
        one("SELECT COUNT(*) FROM sessions WHERE state = 'open' AND uncovered_at = 7 AND due_at = 14"),
        1
    );
    assert_eq!(one("SELECT COUNT(*) FROM sessions WHERE concealed_at IS NULL AND strong_at IS NULL"), 1);
    assert_eq!(
        one(
            "SELECT COUNT(*) FROM challenges WHERE purpose = 'sign-in' AND shown = 'password' AND asks = 'totp'"
        ),
        1
    );
    assert_eq!(one("SELECT in_a_row FROM failures"), 3);
    assert_eq!(one("SELECT COUNT(*) FROM pragma_foreign_key_check"), 0);
    let index = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'index' AND name LIKE 'sessions_by_%'";
    assert_eq!(one(index), 4);
}

#[test]
fn a_grace_outlives_the_update_that_counts_it_by_units() {
    let mut database = Connection::open_in_memory().unwrap();
    database.pragma_update(None, "foreign_keys", true).unwrap();
    for step in BEFORE.into_iter().chain([BADGES]) {
        database.execute_batch(step).unwrap();
    }
    database
        .execute_batch(
            "INSERT INTO users (id, name, display_name, password_hash, totp_sealed, totp_step_last, made_at)
             VALUES (x'02', 'maria', 'Maria O.', 'hash', x'03', 0, 1);
             INSERT INTO graces VALUES (x'02', 7, 'ICU-3');",
        )
        .unwrap();

    let update = database.transaction().unwrap();
    update.execute_batch(GRACES).unwrap();
    update.commit().unwrap();

    let one = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(one("SELECT began_at FROM graces WHERE user_id = x'02' AND unit = 'ICU-3'"), 7);
    assert_eq!(one("SELECT COUNT(*) FROM pragma_foreign_key_check"), 0);
}

#[test]
fn a_challenge_outlives_the_update_that_lets_one_be_for_a_lost_badge() {
    let mut database = Connection::open_in_memory().unwrap();
    database.pragma_update(None, "foreign_keys", true).unwrap();
    for step in BEFORE.into_iter().chain([BADGES, GRACES]) {
        database.execute_batch(step).unwrap();
    }
    database
        .execute_batch(
            "INSERT INTO workstations VALUES (x'01', 'WS-01', 'ICU-3', 'k', 'h', 'o', 'v', 1, 1, NULL, NULL, 0, 0, 1, FALSE);
             INSERT INTO users (id, name, display_name, password_hash, totp_sealed, totp_step_last, made_at)
             VALUES (x'02', 'maria', 'Maria O.', 'hash', x'03', 0, 1);
             INSERT INTO challenges (id, workstation_id, user_id, expires_at, tries_left, satisfied_at, purpose, shown,
                 asks, session_id, badge_id)
             VALUES (x'06', x'01', x'02', 100, 4, 90, 'resume', 'badge', 'pin password', x'07', x'08');",
        )
        .unwrap();

    let update = database.transaction().unwrap();
    update.execute_batch(BADGE_LOST).unwrap();
    update.commit().unwrap();

    let one = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let as_it_was = "SELECT COUNT(*) FROM challenges WHERE id = x'06' AND workstation_id = x'01' AND user_id = x'02' \
                     AND expires_at = 100 AND tries_left = 4 AND satisfied_at = 90 AND purpose = 'resume' \
                     AND shown = 'badge' AND asks = 'pin password' AND session_id = x'07' AND badge_id = x'08'";
    assert_eq!(one(as_it_was), 1);
    assert_eq!(one("SELECT COUNT(*) FROM pragma_foreign_key_check"), 0);
}
