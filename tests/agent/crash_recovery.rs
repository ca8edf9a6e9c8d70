//! The agent dies and comes back: nothing lost, nothing doubled, nothing open.

use agent_core::{command::EndCause, event::ContactFault};
use agent_runtime::{intent::Intent, view::ScreenView};
use testkit::{
    bedside::Bedside,
    fake::{Reach, ServerSession},
};

use crate::told::{LOGIN, SECOND, assert_ended, sessions_on_record};

#[test]
fn killed_in_a_session_it_comes_back_to_a_sign_in_with_the_end_on_record() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.agent_is_killed();
    assert!(bedside.screen.is_covered());
    bedside.switch_on();

    assert_eq!(bedside.shows(), ScreenView::SignedOut { notice: None, enrolment_offered_ms: None });
    assert_ended(&bedside, EndCause::CrashRecovered, "crash-recovered");
    bedside.maria_signs_in();
}

#[test]
fn a_credential_found_in_the_keychain_is_deleted_and_never_used() {
    let mut bedside = Bedside::with_maria_signed_in();
    let left_over = bedside.keychain.credential();
    assert!(left_over.is_some());

    bedside.agent_is_killed();
    bedside.switch_on();

    assert_eq!(bedside.keychain.holds(), None);
    assert!(!bedside.session_server.holds_credential());
}

#[test]
fn killed_before_the_login_was_on_disk_the_server_ends_what_it_opened() {
    let mut bedside = Bedside::new();
    bedside.audit_trail.takes(3 * SECOND);
    bedside.types_name_and_password("maria", "correct horse");
    bedside.types_code("123456");

    bedside.agent_is_killed();
    bedside.audit_trail.takes(SECOND);
    bedside.switch_on();
    bedside.pass(5 * SECOND);

    assert!(bedside.screen.is_covered());
    assert_eq!(bedside.session_server.sessions_not_over(), []);
}

#[test]
fn killed_while_signing_out_the_cause_on_disk_stands() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.does(Intent::SignOut);

    bedside.agent_is_killed();
    bedside.switch_on();

    assert_ended(&bedside, EndCause::UserButton, "user-button");
}

#[test]
fn killed_with_the_server_away_the_end_waits_in_the_outbox() {
    let mut bedside = Bedside::with_maria_signed_in();
    let session = bedside.session();
    bedside.session_server.is(Reach::Away(ContactFault::Unreachable));

    bedside.agent_is_killed();
    bedside.switch_on();
    bedside.settle();
    assert_eq!(bedside.shows(), ScreenView::SignedOut { notice: None, enrolment_offered_ms: None });
    assert_eq!(sessions_on_record(&bedside), [LOGIN, "logout of Maria O.: crash-recovered"]);

    bedside.session_server.is(Reach::Answers(SECOND / 10));
    assert_eq!(bedside.session_server.session(session), Some(ServerSession::Ended(EndCause::CrashRecovered)));
}

#[test]
fn killed_again_and_again_every_login_has_one_logout() {
    let mut bedside = Bedside::new();

    for _ in 0..5 {
        bedside.maria_signs_in();
        bedside.agent_is_killed();
        bedside.switch_on();
        bedside.agent_is_killed();
        bedside.switch_on();
    }

    let told = sessions_on_record(&bedside);
    assert_eq!(told.len(), 10);
    for pair in told.chunks(2) {
        assert_eq!(pair, [LOGIN, "logout of Maria O.: crash-recovered"]);
    }
}

#[test]
fn each_start_of_the_agent_is_on_record_once() {
    let mut bedside = Bedside::new();
    bedside.agent_is_killed();
    bedside.switch_on();

    assert_eq!(bedside.audit_trail.story(), ["agent started", "agent started"]);
}
