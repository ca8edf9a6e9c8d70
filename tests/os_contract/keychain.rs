//! The keychain on gnome-keyring: there, locked, absent, dead and mute.

use std::time::Duration;

use harness::{
    part::wait_for,
    server::files_that_hold,
    session_bus::{Keyring, SessionBus},
};
use rustix::process::Signal;

use crate::driven::Driven;

const SESSION: &str = "00000000-0000-4000-8000-000000000001";
const OTHER: &str = "00000000-0000-4000-8000-000000000002";
const STORED: &str = "CredentialStored { session: SessionId(00000000-0000-4000-8000-000000000001) }";
const DELETED: &str = "CredentialDeleted { session: SessionId(00000000-0000-4000-8000-000000000001) }";
const FAILED: &str = "KeychainFailed { session: SessionId(00000000-0000-4000-8000-000000000001) }";

#[test]
fn the_ports_contract_holds_on_a_keychain_that_is_there_and_on_one_that_is_not() {
    let (folder, bus) = bus();
    let _keyring = Keyring::start(&bus, folder.path()).unwrap();
    let state = folder.path().join("state");
    let mut adapter = Driven::keeping(&bus, folder.path(), Some(&state));

    assert_eq!(adapter.ask("keychain"), "kept");
    Keyring::lock(&bus).unwrap();
    assert_eq!(adapter.ask("keychain-fails"), "kept");
}

#[test]
fn the_credential_is_in_the_keychain_exactly_while_the_session_is() {
    let (folder, bus) = bus();
    let _keyring = Keyring::start(&bus, folder.path()).unwrap();
    let mut adapter = enrolled(&bus, &folder);

    assert_eq!(adapter.ask(&format!("store {SESSION} first")), STORED);
    assert!(has_credential(&bus));
    assert_eq!(adapter.ask("look-up session-credential"), "found Some(\"first\")");
    assert_eq!(adapter.ask(&format!("delete {SESSION}")), DELETED);
    assert!(!has_credential(&bus));
    assert_eq!(adapter.ask(&format!("delete {SESSION}")), DELETED);
}

#[test]
fn a_fresh_credential_takes_the_place_of_the_one_before() {
    let (folder, bus) = bus();
    let _keyring = Keyring::start(&bus, folder.path()).unwrap();
    let mut adapter = enrolled(&bus, &folder);

    adapter.ask(&format!("store {SESSION} first"));
    adapter.ask(&format!("store {SESSION} second"));

    assert_eq!(adapter.ask("look-up session-credential"), "found Some(\"second\")");
}

#[test]
fn calls_are_done_in_the_order_they_were_made() {
    let (folder, bus) = bus();
    let _keyring = Keyring::start(&bus, folder.path()).unwrap();
    let mut adapter = enrolled(&bus, &folder);

    for _ in 0..5 {
        adapter.tell(&format!("store {SESSION} text"));
        adapter.tell(&format!("delete {SESSION}"));
    }

    for _ in 0..5 {
        assert_eq!(adapter.next(), STORED);
        assert_eq!(adapter.next(), DELETED);
    }
    assert!(!has_credential(&bus));
}

#[test]
fn a_locked_keychain_takes_nothing_and_says_so() {
    let (folder, bus) = bus();
    let _keyring = Keyring::start(&bus, folder.path()).unwrap();
    let mut adapter = enrolled(&bus, &folder);
    adapter.ask(&format!("store {SESSION} first"));
    Keyring::lock(&bus).unwrap();

    assert_eq!(adapter.ask(&format!("store {SESSION} second")), FAILED);
    assert_eq!(adapter.ask(&format!("delete {SESSION}")), FAILED);
}

#[test]
fn a_workstation_without_a_keychain_stores_nothing_and_believes_nothing_deleted() {
    let (folder, bus) = bus();
    let mut adapter = Driven::on(&bus, folder.path());

    assert_eq!(adapter.ask(&format!("store {SESSION} first")), FAILED);
    assert_eq!(adapter.ask(&format!("delete {SESSION}")), FAILED);
}

#[test]
fn a_bus_that_is_gone_is_an_absent_keychain() {
    let (folder, bus) = bus();
    let mut adapter = Driven::on(&bus, folder.path());
    drop(bus);

    assert_eq!(adapter.ask(&format!("store {SESSION} first")), FAILED);
    assert!(adapter.ask("look-up workstation-key").starts_with("refused: there is no keychain"));
}

#[test]
fn a_keychain_that_died_fails_and_its_successor_is_used_without_a_restart() {
    let (folder, bus) = bus();
    let mut keyring = Keyring::start(&bus, folder.path()).unwrap();
    let mut adapter = enrolled(&bus, &folder);
    adapter.ask(&format!("store {SESSION} first"));
    keyring.part().signal(Signal::KILL);
    keyring.part().wait(Duration::from_secs(5)).unwrap();

    let _successor = Keyring::start(&bus, folder.path()).unwrap();

    assert_eq!(adapter.ask(&format!("store {SESSION} second")), STORED);
    assert_eq!(adapter.ask("look-up session-credential"), "found Some(\"second\")");
    assert_eq!(adapter.ask(&format!("delete {SESSION}")), DELETED);
}

#[test]
fn a_keychain_that_died_is_not_followed_by_a_locked_one_for_those_who_ask_meanwhile() {
    let (folder, bus) = bus();
    let mut keyring = Keyring::start(&bus, folder.path()).unwrap();
    let mut adapter = enrolled(&bus, &folder);
    keyring.part().signal(Signal::KILL);
    keyring.part().wait(Duration::from_secs(5)).unwrap();
    assert_eq!(adapter.ask(&format!("store {SESSION} first")), FAILED);
    adapter.tell(&format!("store {SESSION} first"));

    let _successor = Keyring::start(&bus, folder.path()).unwrap();
    adapter.next();
    assert_eq!(adapter.ask(&format!("store {SESSION} second")), STORED);
}

#[test]
fn a_mute_keychain_is_given_up_and_its_calls_do_not_pile_up() {
    let (folder, bus) = bus();
    let mut keyring = Keyring::start(&bus, folder.path()).unwrap();
    let mut adapter = enrolled(&bus, &folder);
    keyring.part().signal(Signal::STOP);

    // Each call is answered within its limit, which `next` bounds; the threads left behind are few.
    for _ in 0..6 {
        for _ in 0..3 {
            adapter.tell(&format!("store {SESSION} late"));
        }
        for _ in 0..3 {
            assert_eq!(adapter.next(), FAILED);
        }
        assert!(adapter.threads("keychain") <= 4);
    }

    keyring.part().signal(Signal::CONT);
    wait_for("the calls left behind to be put right", Duration::from_secs(10), || {
        (adapter.threads("keychain") == 0 && !has_credential(&bus)).then_some(())
    })
    .unwrap();
    assert_eq!(adapter.ask(&format!("store {SESSION} again")), STORED);
    assert!(has_credential(&bus));
}

#[test]
fn one_sessions_credential_stands_under_one_name_whoever_it_is_for() {
    let (folder, bus) = bus();
    let _keyring = Keyring::start(&bus, folder.path()).unwrap();
    let mut adapter = enrolled(&bus, &folder);

    adapter.ask(&format!("store {SESSION} hers"));
    adapter.ask(&format!("store {OTHER} his"));

    assert_eq!(adapter.ask("look-up session-credential"), "found Some(\"his\")");
}

#[test]
fn what_a_locked_or_absent_keychain_does_not_take_falls_back_to_no_file() {
    const CANARY: &str = "canary-in-no-file-8c1f6b2e94d7";
    let (folder, bus) = bus();
    let mut keyring = Keyring::start(&bus, folder.path()).unwrap();
    let mut adapter = enrolled(&bus, &folder);
    Keyring::lock(&bus).unwrap();
    assert_eq!(adapter.ask(&format!("store {SESSION} {CANARY}")), FAILED);
    assert!(adapter.ask(&format!("put workstation-key {CANARY}")).starts_with("refused: "));
    keyring.part().signal(Signal::KILL);
    keyring.part().wait(Duration::from_secs(5)).unwrap();
    assert_eq!(adapter.ask(&format!("store {SESSION} {CANARY}")), FAILED);
    assert!(adapter.ask(&format!("put spool-key {CANARY}")).starts_with("refused: "));
    drop(adapter);

    assert_eq!(files_that_hold(folder.path(), CANARY.as_bytes()), Vec::<String>::new());
    let deep = folder.path().join("home/.local");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("leak"), format!("..{CANARY}..")).unwrap();
    assert_eq!(files_that_hold(folder.path(), CANARY.as_bytes()).len(), 1, "the search finds what is there");
}

#[test]
fn a_locked_keychain_is_told_apart_from_one_that_is_not_there() {
    let (folder, bus) = bus();
    let _keyring = Keyring::start(&bus, folder.path()).unwrap();
    let mut adapter = enrolled(&bus, &folder);
    Keyring::lock(&bus).unwrap();

    assert_eq!(adapter.ask("look-up workstation-key"), "refused: the keychain is locked");
}

fn bus() -> (tempfile::TempDir, SessionBus) {
    let folder = tempfile::Builder::new().prefix("tw").tempdir().unwrap();
    let bus = SessionBus::start(folder.path()).unwrap();
    (folder, bus)
}

fn enrolled(bus: &SessionBus, folder: &tempfile::TempDir) -> Driven {
    let mut adapter = Driven::on(bus, folder.path());
    assert_eq!(adapter.ask("put workstation-key the-key"), "put");
    adapter
}

fn has_credential(bus: &SessionBus) -> bool {
    Keyring::has_entry(bus, "tapward", "session-credential").unwrap()
}
