//! Every corruption by name: what it looks like in the file, and what becomes of it.

use audit::{
    codes::LogoutCause,
    record::{Alert, AuditRecord, What},
};
use rusqlite::Connection;
use uuid::Uuid;

use super::bedside::{Bedside, all_pending, login, logout, noon, started};
use crate::{Flaw, SessionEnd, Spool, SpoolError, SpoolKey};

#[test]
fn a_flipped_bit_in_a_sealed_record() {
    check("UPDATE records SET sealed = flipped(sealed) WHERE seq = 2", &[(2, Flaw::SealBroken)]);
}

#[test]
fn a_sealed_record_cut_short() {
    check(
        "UPDATE records SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE seq = 2",
        &[(2, Flaw::SealBroken)],
    );
}

#[test]
fn an_empty_sealed_record() {
    check("UPDATE records SET sealed = x'' WHERE seq = 2", &[(2, Flaw::SealBroken)]);
}

#[test]
fn another_seal_version() {
    check(
        "UPDATE records SET sealed = CAST(x'02' || substr(sealed, 2) AS BLOB) WHERE seq = 2",
        &[(2, Flaw::SealBroken)],
    );
}

#[test]
fn two_records_that_changed_places() {
    check(
        "CREATE TEMP TABLE copies AS SELECT seq, sealed FROM records; \
         UPDATE records SET sealed = (SELECT sealed FROM copies WHERE copies.seq = 4 - records.seq) \
         WHERE seq IN (1, 3)",
        &[(1, Flaw::SealBroken), (3, Flaw::SealBroken)],
    );
}

#[test]
fn a_record_under_anothers_id() {
    check("UPDATE records SET id = randomblob(16) WHERE seq = 2", &[(2, Flaw::SealBroken)]);
}

#[test]
fn a_record_under_what_is_no_id() {
    check("UPDATE records SET id = x'00' WHERE seq = 2", &[(2, Flaw::SealBroken)]);
}

#[test]
fn a_record_chained_to_something_else() {
    check("UPDATE records SET prior = zeroblob(32) WHERE seq = 2", &[(2, Flaw::SealBroken)]);
}

#[test]
fn a_link_of_the_wrong_size() {
    check("UPDATE records SET prior = x'00' WHERE seq = 2", &[(2, Flaw::LinkBroken)]);
}

#[test]
fn a_hash_that_is_not_the_records() {
    // The next one is chained to what the record really was: it is sound.
    check("UPDATE records SET hash = zeroblob(32) WHERE seq = 2", &[(2, Flaw::LinkBroken)]);
}

#[test]
fn every_record_broken_at_once() {
    let bedside = ward_of_three();
    damage(&bedside.shell(), "UPDATE records SET sealed = flipped(sealed)");
    let mut spool = bedside.open().unwrap();

    // Not taken for an empty spool: the alerts are pending.
    let pending = all_pending(&mut spool);

    assert_eq!(pending.iter().filter(|record| is_alert(record)).count(), 3);
    assert_eq!(pending.len(), 3);
}

#[test]
fn a_record_deleted_by_hand() {
    check_missing("DELETE FROM records WHERE seq = 2", &[1, 3], 1);
}

#[test]
fn the_oldest_record_deleted_by_hand() {
    check_missing("DELETE FROM records WHERE seq = 1", &[2, 3], 1);
}

#[test]
fn the_newest_record_deleted_by_hand() {
    check_missing("DELETE FROM records WHERE seq = 3", &[1, 2], 1);
}

#[test]
fn every_record_deleted_by_hand() {
    check_missing("DELETE FROM records", &[], 1);
}

#[test]
fn two_gaps() {
    let bedside = ward_of(5);
    damage(&bedside.shell(), "DELETE FROM records WHERE seq IN (2, 4)");
    let mut spool = bedside.open().unwrap();

    assert_eq!(sound(&mut spool), [started(1), started(3), started(5)]);
    assert_eq!(alerts(&mut spool), 2);
}

#[test]
fn a_head_older_than_its_records() {
    for stale in [
        "UPDATE head SET seq = 2, hash = (SELECT hash FROM records WHERE seq = 2)",
        "UPDATE head SET seq = 0",
        "DELETE FROM head",
    ] {
        let bedside = ward_of_three();
        damage(&bedside.shell(), stale);

        // Its next number is taken: a spool that opened could never append again.
        assert!(matches!(bedside.open(), Err(SpoolError::Corrupt(_))), "{stale}");
    }
}

#[test]
fn a_mark_of_the_key_that_does_not_open_where_the_records_do() {
    for zeroed in ["meta", "meta WHERE name = 'key-check'"] {
        let (table, which) = zeroed.split_once(' ').unwrap_or((zeroed, ""));
        let bedside = ward_of_three();
        damage(&bedside.shell(), &format!("UPDATE {table} SET sealed = zeroblob(length(sealed)) {which}"));

        assert!(matches!(bedside.open(), Err(SpoolError::Corrupt(_))), "{zeroed}");

        let other = Bedside { key: SpoolKey::new([8; 32]), ..bedside };
        assert!(matches!(other.open(), Err(SpoolError::WrongKey)), "{zeroed}");
    }
}

#[test]
fn a_mark_of_the_key_that_does_not_open_where_nothing_waits() {
    let bedside = Bedside::new();
    drop(bedside.open().unwrap());
    damage(&bedside.shell(), "UPDATE meta SET sealed = zeroblob(length(sealed)) WHERE name = 'key-check'");

    assert!(matches!(bedside.open(), Err(SpoolError::Corrupt(_))), "whose it is opens");
}

#[test]
fn a_mark_of_the_key_that_is_gone() {
    let bedside = ward_of_three();
    damage(&bedside.shell(), "DELETE FROM meta WHERE name = 'key-check'");

    assert!(matches!(bedside.open(), Err(SpoolError::Corrupt(_))));
}

#[test]
fn a_file_that_is_no_database() {
    let bedside = Bedside::new();
    std::fs::write(bedside.path(), b"not a database, but long enough to look like one".repeat(100)).unwrap();

    assert!(matches!(bedside.open(), Err(SpoolError::Corrupt(_))));
}

#[test]
fn a_database_that_is_no_spool() {
    let bedside = Bedside::new();
    bedside.shell().execute_batch("CREATE TABLE diary (line TEXT)").unwrap();

    assert!(matches!(bedside.open(), Err(SpoolError::Corrupt(_))));
}

#[test]
fn a_spool_of_a_newer_program() {
    let bedside = ward_of_three();
    damage(&bedside.shell(), "PRAGMA user_version = 2");

    assert!(matches!(bedside.open(), Err(SpoolError::NewerFormat { found: 2, known: 1 })));
}

#[test]
fn a_file_cut_to_half() {
    let bedside = ward_of(200);
    drop(bedside.open().unwrap());
    let size = std::fs::metadata(bedside.path()).unwrap().len();
    std::fs::File::options()
        .write(true)
        .open(bedside.path())
        .unwrap()
        .set_len(size / 2 / 4096 * 4096)
        .unwrap();

    assert!(matches!(bedside.open(), Err(SpoolError::Corrupt(_))));
}

#[test]
fn an_overwritten_page() {
    use std::io::{Seek as _, SeekFrom, Write as _};
    let bedside = ward_of(200);
    let mut file = std::fs::File::options().write(true).open(bedside.path()).unwrap();
    file.seek(SeekFrom::Start(4096 * 5)).unwrap();
    file.write_all(&[0xFF; 4096]).unwrap();
    drop(file);

    // Damage that SQLite sees is refused; damage that only the seal sees is set aside.
    match bedside.open() {
        Err(error) => assert!(matches!(error, SpoolError::Corrupt(_)), "{error:?}"),
        Ok(mut spool) => assert!(alerts(&mut spool) > 0),
    }
}

#[test]
fn an_empty_file() {
    let bedside = Bedside::new();
    std::fs::write(bedside.path(), b"").unwrap();

    assert!(all_pending(&mut bedside.open().unwrap()).is_empty(), "as a crash while it was made leaves it");
}

#[test]
fn an_open_session_that_does_not_open() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&login(1), noon()).unwrap();
    spool.append(&login(2), noon()).unwrap();
    spool.close().unwrap();
    damage(&bedside.shell(), "UPDATE open_sessions SET sealed = x'01' WHERE rowid = 1");
    let mut spool = bedside.open().unwrap();

    let open = spool.open_sessions().unwrap();

    assert_eq!(open.iter().map(|open| open.session_id).collect::<Vec<_>>(), [Uuid::from_u128(2)]);
    let ends = spool.session_ends().unwrap();
    assert_eq!(ends.iter().map(told).collect::<Vec<_>>(), [(1, LogoutCause::CrashRecovered)]);
    assert_eq!(spool.open_sessions().unwrap(), open);
    assert_eq!(alerts(&mut spool), 1, "told once");
}

#[test]
fn an_end_whose_cause_nobody_knows() {
    check_end(
        "UPDATE session_ends SET cause = 'no such cause' WHERE rowid = 1",
        &[(1, LogoutCause::CrashRecovered), (2, LogoutCause::Inactivity)],
    );
}

#[test]
fn an_end_at_no_possible_time() {
    check_end(
        "UPDATE session_ends SET ended_at = 9223372036854775807 WHERE rowid = 1",
        &[(1, LogoutCause::CrashRecovered), (2, LogoutCause::Inactivity)],
    );
}

#[test]
fn an_end_of_what_is_no_session() {
    check_end("UPDATE session_ends SET session_id = x'01' WHERE rowid = 1", &[(2, LogoutCause::Inactivity)]);
}

/// Damages one of two ends: the spool goes on, says so once, and tells what can still be told.
fn check_end(damage_sql: &str, expected: &[(u128, LogoutCause)]) {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    for session in 1..=2 {
        spool.append(&login(session), noon()).unwrap();
        spool.append(&logout(session), noon()).unwrap();
    }
    spool.close().unwrap();
    damage(&bedside.shell(), damage_sql);
    let mut spool = bedside.open().unwrap();

    for _ in 0..2 {
        let mut ends: Vec<_> = spool.session_ends().unwrap().iter().map(told).collect();
        ends.sort_by_key(|(session, _)| *session);
        assert_eq!(ends, expected);
        assert_eq!(alerts(&mut spool), 1, "told once");
    }
    spool.append(&started(9), noon()).unwrap();
}

fn told(end: &SessionEnd) -> (u128, LogoutCause) {
    (end.session_id.as_u128(), end.cause)
}

/// Damages a spool of three records: those named are set aside, told, and told once; the others are
/// delivered.
fn check(damage_sql: &str, flaws: &[(u64, Flaw)]) {
    let bedside = ward_of_three();
    damage(&bedside.shell(), damage_sql);
    let mut spool = bedside.open().unwrap();

    let expected: Vec<_> = (1..=3_u64)
        .filter(|seq| flaws.iter().all(|(broken, _)| broken != seq))
        .map(|seq| started(u128::from(seq)))
        .collect();
    assert_eq!(sound(&mut spool), expected);
    assert_eq!(alerts(&mut spool), flaws.len());
    let quarantined = spool.quarantined(10).unwrap();
    assert_eq!(quarantined.iter().map(|found| (found.seq, found.flaw)).collect::<Vec<_>>(), flaws);
    drop(spool);
    assert_eq!(alerts(&mut bedside.open().unwrap()), flaws.len(), "told once");
}

fn check_missing(damage_sql: &str, left: &[u128], gaps: usize) {
    let bedside = ward_of_three();
    damage(&bedside.shell(), damage_sql);
    let mut spool = bedside.open().unwrap();

    assert_eq!(sound(&mut spool), left.iter().copied().map(started).collect::<Vec<_>>());
    assert_eq!(alerts(&mut spool), gaps);
    drop(spool);
    let mut spool = bedside.open().unwrap();
    assert_eq!(alerts(&mut spool), gaps, "told once");
    assert!(spool.append(&started(9), noon()).unwrap().is_new, "the chain goes on");
    assert_eq!(sound(&mut spool).len(), left.len() + 1);
}

fn ward_of_three() -> Bedside {
    ward_of(3)
}

/// A closed spool with this many records.
fn ward_of(records: u128) -> Bedside {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    for n in 1..=records {
        spool.append(&started(n), noon()).unwrap();
    }
    spool.close().unwrap();
    bedside
}

/// Someone with a SQLite shell; `flipped(sealed)` stands for the bytes with one bit changed.
fn damage(shell: &Connection, sql: &str) {
    shell.execute_batch("CREATE TEMP TABLE flips (sealed BLOB, bytes BLOB)").unwrap();
    let mut statement = shell.prepare("SELECT sealed FROM records WHERE sealed IS NOT NULL").unwrap();
    let sealed: Vec<Vec<u8>> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    for sealed in sealed {
        let mut bytes = sealed.clone();
        bytes[sealed.len() / 2] ^= 1;
        shell.execute("INSERT INTO flips VALUES (?1, ?2)", (sealed, bytes)).unwrap();
    }
    let flipped = "(SELECT bytes FROM flips WHERE flips.sealed = records.sealed)";
    shell.execute_batch(&sql.replace("flipped(sealed)", flipped)).unwrap();
}

fn is_alert(record: &AuditRecord) -> bool {
    record.what == What::SecurityAlert { alert: Alert::RecordQuarantined }
}

fn sound(spool: &mut Spool) -> Vec<AuditRecord> {
    all_pending(spool).into_iter().filter(|record| !is_alert(record)).collect()
}

fn alerts(spool: &mut Spool) -> usize {
    all_pending(spool).iter().filter(|record| is_alert(record)).count()
}
