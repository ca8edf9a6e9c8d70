//! A file set aside, and the fresh one that follows it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use audit::{
    codes::LogoutCause,
    record::{Alert, What},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::bedside::{Bedside, all_pending, at, days_later, login, logout, noon, started, workstation};
use crate::{Carried, RecordRef, SessionEnd, Spool, files_set_aside, set_file_aside};

#[test]
fn files_set_aside_are_counted_and_a_fresh_file_knows_that_it_is() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    assert!(spool.is_fresh().unwrap());
    spool.append(&started(1), noon()).unwrap();
    assert!(!spool.is_fresh().unwrap());
    spool.acknowledge(&at(&spool, &[1])).unwrap();
    assert!(!spool.is_fresh().unwrap(), "what was forgotten was there");
    drop(spool);
    assert_eq!(files_set_aside(&bedside.path()).unwrap(), 0);

    set_file_aside(&bedside.path(), noon()).unwrap();

    assert_eq!(files_set_aside(&bedside.path()).unwrap(), 1);
    assert!(bedside.open().unwrap().is_fresh().unwrap());
    set_file_aside(&bedside.path(), days_later(1)).unwrap();
    assert_eq!(files_set_aside(&bedside.path()).unwrap(), 2);
}

#[test]
fn a_spool_set_aside_is_kept_and_a_fresh_one_takes_its_place() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&started(1), noon()).unwrap();
    drop(spool);

    let aside = set_file_aside(&bedside.path(), noon()).unwrap();

    assert!(all_pending(&mut bedside.open().unwrap()).is_empty());
    let mut old =
        Spool::open(&aside, &bedside.key, super::bedside::workstation(), bedside.bounds, noon()).unwrap();
    assert_eq!(all_pending(&mut old), [started(1)]);
}

#[test]
fn a_file_set_aside_at_the_same_time_as_another_takes_nothing_of_its_place() {
    let bedside = Bedside::new();
    drop(bedside.open().unwrap());
    let first = set_file_aside(&bedside.path(), noon()).unwrap();
    drop(bedside.open().unwrap());

    let second = set_file_aside(&bedside.path(), noon()).unwrap();

    assert_ne!(first, second);
    assert_eq!(files_set_aside(&bedside.path()).unwrap(), 2);
}

#[test]
fn an_answer_about_a_record_of_the_file_set_aside_settles_nothing_in_the_fresh_one() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&started(1), noon()).unwrap();
    let of_the_old = at(&spool, &[1])[0];
    drop(spool);
    set_file_aside(&bedside.path(), noon()).unwrap();
    let mut fresh = bedside.open().unwrap();
    fresh.append(&started(2), noon()).unwrap();
    assert_eq!(at(&fresh, &[1]), [RecordRef { seq: 1, id: started(2).id }]);

    assert_eq!(fresh.acknowledge(&[of_the_old]).unwrap(), 0);
    assert!(!fresh.set_aside(of_the_old, noon()).unwrap());

    assert_eq!(all_pending(&mut fresh), [started(2)]);
    assert_eq!(fresh.quarantined(10).unwrap(), []);
}

#[test]
fn a_fresh_file_takes_over_the_session_at_hand_and_the_ends_to_be_told() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&login(1), noon()).unwrap();
    spool.append(&logout(1), noon()).unwrap();
    spool.append(&login(2), noon()).unwrap();
    let carried = spool.into_carried();
    set_file_aside(&bedside.path(), noon()).unwrap();

    let mut fresh = bedside.open().unwrap();
    fresh.succeed(&carried, noon()).unwrap();
    drop(fresh);

    let mut fresh = bedside.open().unwrap();
    assert_eq!(fresh.carried, carried);
    assert_eq!(carried.open_sessions[0].session_id, Uuid::from_u128(2));
    assert_eq!(carried.session_ends, [end(1, LogoutCause::Inactivity)]);
    let set_aside = What::SecurityAlert { alert: Alert::SpoolSetAside };
    assert_eq!(
        all_pending(&mut fresh).into_iter().map(|record| record.what).collect::<Vec<_>>(),
        [set_aside]
    );
    fresh.append(&logout(2), noon()).unwrap();
    assert_eq!(fresh.open_sessions().unwrap(), []);
    assert_eq!(fresh.session_ends().unwrap().len(), 2);
}

#[test]
fn a_fresh_file_of_a_workstation_that_remembers_nothing_says_only_that_it_is_one() {
    let bedside = Bedside::new();
    let mut fresh = bedside.open().unwrap();

    fresh.succeed(&Carried::default(), noon()).unwrap();

    assert_eq!(all_pending(&mut fresh).len(), 1);
    assert_eq!(fresh.carried, Carried::default());
    assert!(!fresh.is_fresh().unwrap());
}

#[test]
fn a_database_whose_log_was_set_aside_before_a_power_cut_follows_it() {
    let bedside = Bedside::new();
    let log = half_set_aside(&bedside, noon());

    assert!(bedside.open().unwrap().is_fresh().unwrap());

    assert_eq!(files_set_aside(&bedside.path()).unwrap(), 1);
    fs::remove_file(&log).unwrap();
    let aside = log.to_str().unwrap().strip_suffix("-wal").unwrap();
    let mut old = Spool::open(Path::new(aside), &bedside.key, workstation(), bedside.bounds, noon()).unwrap();
    assert_eq!(all_pending(&mut old), [started(1)]);
}

#[test]
fn a_database_in_use_since_a_log_was_set_aside_stays() {
    let bedside = Bedside::new();
    // Somebody took away the database that this log was set aside with.
    half_set_aside(&bedside, days_later(1));

    assert_eq!(all_pending(&mut bedside.open().unwrap()), [started(1)]);
}

/// A spool of one record, last written to at `written_at`, and a log that was set aside at noon.
fn half_set_aside(bedside: &Bedside, written_at: Timestamp) -> PathBuf {
    let mut spool = bedside.open().unwrap();
    spool.append(&started(1), noon()).unwrap();
    spool.close().unwrap();
    let file = File::options().write(true).open(bedside.path()).unwrap();
    file.set_modified(written_at.into()).unwrap();
    let log = bedside.folder.path().join(format!("spool.db.aside-{}-wal", noon().as_millisecond()));
    fs::write(&log, b"the log").unwrap();
    log
}

fn end(session: u128, cause: LogoutCause) -> SessionEnd {
    SessionEnd { session_id: Uuid::from_u128(session), cause, ended_at: noon() }
}
