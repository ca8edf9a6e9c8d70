//! She signs out by the button, or somebody ends her session from elsewhere.

use agent_core::command::{EndCause, FailClosedCause};
use agent_runtime::{
    intent::Intent,
    view::{EndCauseView, FailClosedCode, ScreenView},
};
use testkit::{bedside::Bedside, fake::Reach};

use crate::told::{MILLISECOND, MINUTE, SECOND, assert_ended, is_active, session_ended};

#[test]
fn the_button_covers_at_once_and_everything_of_the_session_is_gone() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.does(Intent::SignOut);

    assert_eq!(bedside.shows(), session_ended(EndCauseView::UserButton));
    assert_ended(&bedside, EndCause::UserButton, "user-button");
}

#[test]
fn covering_comes_before_everything_else() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.audit_trail.takes(2 * SECOND);

    bedside.does(Intent::SignOut);

    assert!(bedside.screen.is_covered());
    assert_eq!(
        bedside.shows(),
        ScreenView::SigningOut {
            display_name: "Maria O.".to_owned(),
            cause: EndCauseView::UserButton,
            apps: None,
        }
    );
}

#[test]
fn nobody_signs_in_before_her_logout_is_on_disk() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.audit_trail.takes(2 * SECOND);
    bedside.does(Intent::SignOut);
    bedside.pass(2 * SECOND - MILLISECOND);

    bedside.types_name_and_password("maria", "correct horse");

    assert_eq!(bedside.session_server.asked().iter().filter(|call| **call == "open_session").count(), 1);
    assert!(matches!(bedside.shows(), ScreenView::SigningOut { .. }));
}

#[test]
fn an_administrator_ends_it_and_the_screen_says_who_did() {
    let mut bedside = Bedside::with_maria_signed_in();
    let session = bedside.session();

    bedside.session_server.ends(session, EndCause::Admin);
    bedside.settle();

    assert_eq!(bedside.shows(), session_ended(EndCauseView::Admin));
    assert_ended(&bedside, EndCause::Admin, "admin");
}

#[test]
fn a_disabled_account_is_signed_out_within_a_heartbeat_even_if_the_push_was_lost() {
    let mut bedside = Bedside::with_maria_signed_in();
    let session = bedside.session();
    bedside.session_server.is(Reach::Away(agent_core::event::ContactFault::Unreachable));
    bedside.session_server.ends(session, EndCause::Disabled);
    bedside.session_server.is(Reach::Answers(SECOND / 10));

    bedside.pass(MINUTE + SECOND);

    assert_ended(&bedside, EndCause::Disabled, "disabled");
}

#[test]
fn the_end_of_another_session_is_not_hers() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.does(Intent::SignOut);
    let before = bedside.session();
    bedside.maria_signs_in();

    bedside.session_server.ends(before, EndCause::Admin);
    bedside.settle();

    assert!(is_active(&bedside));
}

#[test]
fn a_revoked_workstation_signs_her_out_and_nobody_in() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.session_server.refuses_workstation(FailClosedCause::WorkstationRevoked);
    bedside.settle();

    assert!(bedside.screen.is_covered());
    assert!(matches!(
        bedside.shows(),
        ScreenView::FailClosed { code: FailClosedCode::WorkstationRevoked, .. }
    ));
    assert_ended(&bedside, EndCause::WorkstationRevoked, "workstation-revoked");
}

#[test]
fn signing_out_twice_is_signing_out_once() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.does(Intent::SignOut);
    bedside.does(Intent::SignOut);
    bedside.pass(MINUTE);

    assert_ended(&bedside, EndCause::UserButton, "user-button");
}
