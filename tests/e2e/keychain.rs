//! A keychain that is locked or gone: nobody gets in, the doctor names it, and it mends by itself.

use harness::{session_bus::Keyring, ward::Setup};

use crate::bedside::{Bedside, SOON};

#[test]
fn with_the_keychain_locked_nobody_gets_in_and_once_it_is_open_everybody_does() {
    let mut bedside = Bedside::open(Setup::default());
    Keyring::lock(bedside.ward.bus()).unwrap();

    bedside.ward.give_password(&bedside.hand, &bedside.maria).unwrap();
    bedside.ward.wait_code_asked(SOON).unwrap();
    assert!(!bedside.ward.has_session_credential().unwrap());
    bedside.hand.type_text(&bedside.maria.code().unwrap()).unwrap();

    bedside.ward.wait_screen("fail_closed", SOON).unwrap();
    assert!(!bedside.is_app_visible());
    harness::part::wait_for("no open session", SOON, || (bedside.open_sessions() == 0).then_some(()))
        .unwrap();

    bedside.ward.give_keyring_back().unwrap();
    bedside.ward.wait_screen("signed_out", SOON * 3).unwrap();
    let jonas = bedside.ward.add_nurse("jonas", "Jonas B.").unwrap();
    bedside.ward.sign_in(&jonas).unwrap();
    bedside.wait_visible();
}

#[test]
fn the_doctor_names_a_keychain_that_is_locked() {
    let bedside = Bedside::open(Setup::default());
    let (is_well, words) = bedside.ward.doctor().unwrap();
    assert!(is_well && words.contains("ok       keychain"), "{words}");

    Keyring::lock(bedside.ward.bus()).unwrap();
    let (is_well, words) = bedside.ward.doctor().unwrap();
    assert!(!is_well && words.contains("MISSING  keychain: the keychain is locked"), "{words}");
}

#[test]
fn the_doctor_names_either_key_that_the_keychain_has_lost() {
    let bedside = Bedside::open(Setup::default());

    Keyring::lose_entry(bedside.ward.bus(), "tapward", "spool-key").unwrap();
    let (is_well, words) = bedside.ward.doctor().unwrap();
    let lost = "MISSING  keychain: it does not hold `spool-key`: run `tapward-agent enrol`";
    assert!(!is_well && words.contains(lost), "{words}");

    Keyring::lose_entry(bedside.ward.bus(), "tapward", "workstation-key").unwrap();
    let (is_well, words) = bedside.ward.doctor().unwrap();
    let lost = "MISSING  keychain: it does not hold `workstation-key` and `spool-key`";
    assert!(!is_well && words.contains(lost), "{words}");
}
