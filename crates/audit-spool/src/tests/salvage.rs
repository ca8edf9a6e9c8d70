//! What can be read of a file that was set aside.

use std::{fs, path::Path};

use audit::record::AuditRecord;

use super::bedside::{Bedside, at, login, logout, noon, started};
use crate::{Salvage, SpoolError, SpoolKey};

#[test]
fn what_waits_is_read_in_its_order_and_what_was_delivered_is_not() {
    let bedside = ward_of(5);
    let mut spool = bedside.open().unwrap();
    let delivered = at(&spool, &[1, 3]);
    spool.acknowledge(&delivered).unwrap();
    spool.append(&login(9), noon()).unwrap();
    spool.append(&logout(9), noon()).unwrap();
    spool.close().unwrap();

    let mut salvage = open(&bedside).unwrap();

    let expected = [started(2), started(4), started(5), login(9), logout(9)];
    assert_eq!(salvage.next_batch(2), expected[..2]);
    assert_eq!(salvage.next_batch(100), expected[2..]);
    assert!(salvage.next_batch(100).is_empty());
    assert_eq!((salvage.unreadable(), salvage.is_damaged()), (0, false));
}

#[test]
fn what_stands_in_the_log_alone_is_read_and_neither_file_is_changed() {
    let bedside = ward_of(2);
    let mut spool = bedside.open().unwrap();
    spool.append(&started(3), noon()).unwrap();
    // As a kill leaves them: the log is not written to the database.
    let folder = tempfile::tempdir().unwrap();
    let aside = folder.path().join("spool.db.aside-1");
    for suffix in ["", "-wal"] {
        let from = format!("{}{suffix}", bedside.path().display());
        fs::copy(from, format!("{}{suffix}", aside.display())).unwrap();
    }
    let before = files(folder.path());
    assert_eq!(before.len(), 2, "there is a log");
    let copies = tempfile::tempdir().unwrap();

    let mut salvage = Salvage::open(&aside, copies.path(), &bedside.key).unwrap();

    assert_eq!(salvage.next_batch(100), [started(1), started(2), started(3)]);
    drop(salvage);
    assert_eq!(files(folder.path()), before);
    assert!(files(copies.path()).is_empty(), "the copy is gone");
}

#[test]
fn a_page_that_was_overwritten_costs_what_stood_on_it_and_no_more() {
    let bedside = ward_of(200);
    let sealed: Vec<u8> = bedside
        .shell()
        .query_row("SELECT sealed FROM records WHERE seq = 100", [], |row| row.get(0))
        .unwrap();
    let mut bytes = fs::read(bedside.path()).unwrap();
    let place = bytes.windows(sealed.len()).position(|window| window == sealed).unwrap();
    bytes[place / 4096 * 4096..][..4096].fill(0xFF);
    fs::write(bedside.path(), bytes).unwrap();

    let mut salvage = open(&bedside).unwrap();

    let read = salvage.next_batch(1_000);
    assert!(salvage.is_damaged());
    assert_eq!(read.len() as u64 + salvage.unreadable(), 200);
    assert!(read.len() > 180, "{}", read.len());
    assert!(!read.contains(&started(100)));
    assert!(read.contains(&started(1)) && read.contains(&started(200)));
}

#[test]
fn a_record_that_was_changed_or_is_gone_is_counted_and_the_others_are_read() {
    let bedside = ward_of(5);
    bedside
        .shell()
        .execute_batch(
            "UPDATE records SET sealed = zeroblob(length(sealed)) WHERE seq = 2; \
             DELETE FROM records WHERE seq = 4",
        )
        .unwrap();

    let mut salvage = open(&bedside).unwrap();

    assert_eq!(salvage.next_batch(100), [started(1), started(3), started(5)]);
    assert_eq!(salvage.unreadable(), 2);
}

#[test]
fn a_head_older_than_its_rows_hides_none_of_them() {
    for stale in [
        "UPDATE head SET seq = 2, hash = (SELECT hash FROM records WHERE seq = 2)",
        "UPDATE head SET pruned_through = 3",
        "UPDATE head SET seq = 1152921504606846976",
        "UPDATE head SET seq = -1",
        "DELETE FROM head",
    ] {
        let bedside = ward_of(5);
        bedside.shell().execute_batch(stale).unwrap();

        let mut salvage = open(&bedside).unwrap();

        assert_eq!(salvage.next_batch(100), (1..=5).map(started).collect::<Vec<_>>(), "{stale}");
        assert_eq!((salvage.unreadable(), salvage.is_damaged()), (0, true), "{stale}");
    }
}

#[test]
fn rows_that_are_gone_behind_the_last_are_counted_as_the_head_says() {
    let bedside = ward_of(5);
    bedside.shell().execute_batch("DELETE FROM records WHERE seq > 3").unwrap();

    let mut salvage = open(&bedside).unwrap();

    assert_eq!(salvage.next_batch(100), [started(1), started(2), started(3)]);
    assert_eq!((salvage.unreadable(), salvage.is_damaged()), (2, true));
}

#[test]
fn a_row_at_an_impossible_number_hides_none_of_the_others() {
    let bedside = ward_of(5);
    bedside.shell().execute_batch("UPDATE records SET seq = 1152921504606846976 WHERE seq = 5").unwrap();

    let mut salvage = open(&bedside).unwrap();

    assert_eq!(salvage.next_batch(100), (1..=4).map(started).collect::<Vec<_>>());
    assert_eq!((salvage.unreadable(), salvage.is_damaged()), (1, true));
}

#[test]
fn a_record_whose_state_is_damaged_is_read_and_one_without_bytes_is_counted() {
    for state in ["'pendinh'", "CAST(x'FF' AS TEXT)", "'acknowledged'", "'quarantined'"] {
        let bedside = ward_of(3);
        scribble(&bedside, &format!("UPDATE records SET state = {state} WHERE seq = 2"));

        let mut salvage = open(&bedside).unwrap();

        assert_eq!(salvage.next_batch(100), [started(1), started(2), started(3)], "{state}");
        assert_eq!((salvage.unreadable(), salvage.is_damaged()), (0, true), "{state}");
    }
    let bedside = ward_of(3);
    scribble(&bedside, "UPDATE records SET state = 'acknowledgee', sealed = NULL WHERE seq = 2");
    let mut salvage = open(&bedside).unwrap();
    assert_eq!(salvage.next_batch(100), [started(1), started(3)]);
    assert_eq!((salvage.unreadable(), salvage.is_damaged()), (1, true));
}

#[test]
fn what_was_set_aside_in_the_file_is_told_already_and_is_not_counted() {
    let bedside = ward_of(3);
    let mut spool = bedside.open().unwrap();
    let refused = at(&spool, &[2])[0];
    assert!(spool.set_aside(refused, noon()).unwrap());
    spool.close().unwrap();

    let mut salvage = open(&bedside).unwrap();

    let read = salvage.next_batch(100);
    assert_eq!(read.len(), 3, "two and the alert");
    assert!(!read.contains(&started(2)));
    assert_eq!((salvage.unreadable(), salvage.is_damaged()), (0, false));
}

#[test]
fn a_damaged_mark_of_the_key_costs_no_record() {
    for damage in [
        "UPDATE meta SET sealed = zeroblob(length(sealed)) WHERE name = 'key-check'",
        "UPDATE meta SET sealed = zeroblob(length(sealed))",
        "UPDATE meta SET sealed = zeroblob(length(sealed)); \
         UPDATE records SET sealed = zeroblob(length(sealed)) WHERE seq > 1",
        "DELETE FROM meta",
    ] {
        let mut bedside = ward_of(3);
        bedside.shell().execute_batch(damage).unwrap();

        let mut salvage = open(&bedside).unwrap();
        let read = salvage.next_batch(100);
        assert_eq!(read.first(), Some(&started(1)), "{damage}");
        assert_eq!(read.len() as u64 + salvage.unreadable(), 3, "{damage}");
        assert!(salvage.is_damaged(), "{damage}");

        if damage.starts_with("UPDATE") {
            bedside.key = SpoolKey::new([8; 32]);
            assert!(matches!(open(&bedside), Err(SpoolError::WrongKey)), "{damage}");
        }
    }
}

#[test]
fn copies_that_were_left_are_removed_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("salvage-3f2f4a9e-6f0e-4f5c-9c1b-0d8f2f0f7a11");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("copy-wal"), "sealed").unwrap();
    fs::create_dir(folder.path().join("salvage-of-the-old-server")).unwrap();
    fs::write(folder.path().join("salvage-3f2f4a9e-6f0e-4f5c-9c1b-0d8f2f0f7a12"), "a file").unwrap();

    Salvage::remove_left_copies(folder.path()).unwrap();

    assert!(!left.exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn another_key_reads_nothing_and_what_is_no_spool_is_refused() {
    let mut bedside = ward_of(1);
    bedside.key = SpoolKey::new([8; 32]);
    assert!(matches!(open(&bedside), Err(SpoolError::WrongKey)));

    fs::write(bedside.path(), [0x5a; 8192]).unwrap();
    assert!(matches!(open(&bedside), Err(SpoolError::Corrupt(_))));
    fs::write(bedside.path(), b"").unwrap();
    assert!(matches!(open(&bedside), Err(SpoolError::Corrupt(_))));
    fs::remove_file(bedside.path()).unwrap();
    assert!(matches!(open(&bedside), Err(SpoolError::Unavailable(_))));
}

fn open(bedside: &Bedside) -> Result<Salvage, SpoolError> {
    Salvage::open(&bedside.path(), bedside.folder.path(), &bedside.key)
}

/// Writes what the table itself would refuse.
fn scribble(bedside: &Bedside, sql: &str) {
    let shell = bedside.shell();
    shell.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
    shell.execute_batch(sql).unwrap();
}

fn ward_of(records: u128) -> Bedside {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    let appended: Vec<AuditRecord> = (1..=records).map(started).collect();
    for record in &appended {
        spool.append(record, noon()).unwrap();
    }
    spool.close().unwrap();
    bedside
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()))
        .collect();
    files.sort();
    files
}
