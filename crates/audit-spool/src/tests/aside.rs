//! A file set aside can be opened by itself: its sealed key goes along.

use std::fs;

use uuid::Uuid;

use super::bedside::{Bedside, all_pending, login, noon, started};
use crate::{SpoolError, SpoolKey, files_set_aside, sealed_key_beside, set_aside_unless_own, set_file_aside};

/// Whose the bedside's spools are.
const WS_07: Uuid = Uuid::from_u128(7);
const WS_08: Uuid = Uuid::from_u128(8);

#[test]
fn a_copy_of_the_sealed_key_goes_along_and_is_counted_as_no_file_of_its_own() {
    let bedside = waiting();

    let aside = set_file_aside(&bedside.path(), noon()).unwrap();

    assert_eq!(fs::read(sealed_key_beside(&aside)).unwrap(), b"sealed");
    assert_eq!(fs::read(sealed_key_beside(&bedside.path())).unwrap(), b"sealed");
    assert_eq!(files_set_aside(&bedside.path()).unwrap(), 1);
}

#[test]
fn a_spool_that_its_key_opens_stays_with_what_waits_in_it() {
    let bedside = waiting();

    assert_eq!(set_aside_unless_own(&bedside.path(), &bedside.key, WS_07, noon()).unwrap(), None);

    assert_eq!(all_pending(&mut bedside.open().unwrap()), [login(1), started(2)]);
}

#[test]
fn a_spool_whose_key_was_lost_is_set_aside_whole_and_opens_with_that_key_again() {
    let mut bedside = waiting();
    let fresh = SpoolKey::new([8; 32]);

    let aside = set_aside_unless_own(&bedside.path(), &fresh, WS_07, noon()).unwrap().unwrap();

    assert!(!bedside.path().exists());
    assert_eq!(fs::read(sealed_key_beside(&aside)).unwrap(), b"sealed");
    fs::rename(&aside, bedside.path()).unwrap();
    assert_eq!(all_pending(&mut bedside.open().unwrap()), [login(1), started(2)]);
    bedside.key = fresh;
    assert!(matches!(bedside.open(), Err(SpoolError::WrongKey)));
}

#[test]
fn a_spool_of_the_workstation_that_this_one_was_before_is_set_aside_whole() {
    let bedside = waiting();

    let aside = set_aside_unless_own(&bedside.path(), &bedside.key, WS_08, noon()).unwrap().unwrap();

    assert!(!bedside.path().exists());
    assert_eq!(fs::read(sealed_key_beside(&aside)).unwrap(), b"sealed");
    fs::rename(&aside, bedside.path()).unwrap();
    assert_eq!(all_pending(&mut bedside.open().unwrap()), [login(1), started(2)]);
}

#[test]
fn a_spool_that_does_not_say_whose_it_is_is_set_aside_unless_it_was_opened_since() {
    let bedside = waiting();
    let silence = || bedside.shell().execute_batch("DELETE FROM meta WHERE name = 'workstation'").unwrap();

    silence();
    drop(bedside.open().unwrap());
    assert_eq!(set_aside_unless_own(&bedside.path(), &bedside.key, WS_07, noon()).unwrap(), None);

    silence();
    assert!(set_aside_unless_own(&bedside.path(), &bedside.key, WS_07, noon()).unwrap().is_some());
}

#[test]
fn where_nothing_waits_nothing_is_set_aside() {
    let bedside = Bedside::new();

    assert_eq!(set_aside_unless_own(&bedside.path(), &bedside.key, WS_07, noon()).unwrap(), None);
    assert!(!bedside.path().exists());
}

#[test]
fn a_spool_that_an_agent_has_is_left_to_it() {
    let bedside = waiting();
    let _agents = bedside.open().unwrap();
    let fresh = SpoolKey::new([8; 32]);

    let refused = set_aside_unless_own(&bedside.path(), &fresh, WS_07, noon());

    assert!(matches!(refused, Err(SpoolError::InUse)), "{refused:?}");
    assert!(bedside.path().exists());
}

/// Two records wait, and beside them lies what stands for their sealed key.
fn waiting() -> Bedside {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&login(1), noon()).unwrap();
    spool.append(&started(2), noon()).unwrap();
    spool.close().unwrap();
    fs::write(sealed_key_beside(&bedside.path()), b"sealed").unwrap();
    bedside
}
