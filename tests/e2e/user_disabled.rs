//! An administrator acts while she is signed in.

use harness::ward::Setup;

use crate::bedside::{Bedside, SOON};

#[test]
fn a_disabled_user_is_covered_and_signed_out_at_once() {
    let bedside = Bedside::signed_in(Setup::default());

    bedside.ward.admin(&["user", "disable", "maria"], "").unwrap();

    bedside.assert_ended("disabled");
    bedside.ward.give_password(&bedside.hand, &bedside.maria).unwrap();
    bedside.ward.wait_code_asked(SOON).unwrap();
    bedside.hand.type_text(&bedside.maria.next_code().unwrap()).unwrap();
    bedside.ward.wait_log("user.disabled").unwrap();
    assert!(!bedside.is_app_visible());
}

#[test]
fn a_session_ended_by_an_administrator_is_covered_at_once() {
    let bedside = Bedside::signed_in(Setup::default());

    bedside.ward.end_all_sessions().unwrap();

    bedside.assert_ended("admin");
}

#[test]
fn a_revoked_workstation_covers_and_signs_nobody_in() {
    let bedside = Bedside::signed_in(Setup::default());

    bedside.ward.admin(&["workstation", "revoke", "WS-07"], "").unwrap();

    bedside.wait_covered();
    bedside.ward.wait_screen("fail_closed", SOON).unwrap();
    assert!(!bedside.ward.has_session_credential().unwrap());
}
