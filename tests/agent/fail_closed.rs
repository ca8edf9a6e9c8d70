//! On doubt, covered: and left by itself when the cause is gone.

use agent_core::command::{EndCause, FailClosedCause};
use agent_runtime::ports::Clock;
use agent_runtime::{
    intent::Intent,
    view::{FailClosedCode, ScreenView, SignedOutNotice},
};
use jiff::Timestamp;
use testkit::{bedside::Bedside, fake::ScreenAsk};

use crate::told::{MINUTE, SECOND, assert_ended, is_active, sessions_on_record, signed_out};

#[test]
fn a_workstation_nobody_enrolled_says_so_and_becomes_usable_once_it_is() {
    let mut bedside = Bedside::switched_off();
    bedside.start_up.is_not_enrolled();
    bedside.switch_on();
    assert_eq!(bedside.shows(), ScreenView::NotEnrolled);
    assert!(bedside.screen.is_covered());

    bedside.start_up.is_enrolled();
    bedside.pass(MINUTE);

    assert_eq!(bedside.shows(), ScreenView::SignedOut { notice: None, enrolment_offered_ms: None });
    bedside.maria_signs_in();
}

#[test]
fn every_cause_that_start_up_can_tell_has_its_code_on_screen() {
    for (cause, code) in [
        (FailClosedCause::KeychainUnavailable, FailClosedCode::KeychainUnavailable),
        (FailClosedCause::SpoolUnavailable, FailClosedCode::SpoolUnavailable),
        (FailClosedCause::SpoolFull, FailClosedCode::SpoolFull),
        (FailClosedCause::ConfigInvalid, FailClosedCode::ConfigInvalid),
        (FailClosedCause::InactivityUnknown, FailClosedCode::InactivityUnknown),
        (FailClosedCause::WorkstationUnknown, FailClosedCode::WorkstationUnknown),
    ] {
        let mut bedside = Bedside::switched_off();
        bedside.start_up.fails(Some(cause));
        bedside.switch_on();

        assert_eq!(fail_closed_code(&bedside), Some(code));
        assert!(bedside.screen.is_covered());

        bedside.start_up.fails(None);
        bedside.pass(MINUTE);
        assert_eq!(
            bedside.shows(),
            ScreenView::SignedOut { notice: None, enrolment_offered_ms: None },
            "{cause:?}"
        );
    }
}

#[test]
fn the_screen_says_since_when_and_when_it_tries_again() {
    let mut bedside = Bedside::switched_off();
    bedside.start_up.fails(Some(FailClosedCause::SpoolFull));
    bedside.switch_on();
    let ScreenView::FailClosed { since_ms, retry_in_ms, .. } = bedside.shows() else {
        panic!("{:?}", bedside.shows())
    };
    assert_eq!(since_ms, 0);
    assert!(retry_in_ms > 0);

    let runs = bedside.start_up.runs();
    bedside.pass(10 * MINUTE);

    assert!(bedside.start_up.runs() > runs, "it tries by itself");
    assert!(bedside.start_up.runs() < runs + 60, "and not all the time");
    let ScreenView::FailClosed { since_ms, .. } = bedside.shows() else { panic!("{:?}", bedside.shows()) };
    assert!(since_ms > 9 * 60_000, "{since_ms}");
}

#[test]
fn nobody_signs_in_where_inactivity_cannot_be_measured_until_it_can() {
    let mut bedside = Bedside::switched_off();
    bedside.idle.goes_blind();
    bedside.switch_on();
    assert_eq!(fail_closed_code(&bedside), Some(FailClosedCode::InactivityUnknown));

    bedside.types_name_and_password("maria", "correct horse");
    assert_eq!(bedside.session_server.asked(), [""; 0]);
    bedside.pass(10 * MINUTE);
    assert_eq!(fail_closed_code(&bedside), Some(FailClosedCode::InactivityUnknown));
    assert!(bedside.audit_trail.story().contains(&"failed closed: inactivity-unknown".to_owned()));

    bedside.idle.sees_again();
    bedside.pass(MINUTE);

    assert_eq!(bedside.shows(), ScreenView::SignedOut { notice: None, enrolment_offered_ms: None });
    bedside.maria_signs_in();
}

#[test]
fn a_session_that_ended_unmeasured_is_followed_by_no_other_until_inactivity_can_be_measured() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.idle.goes_blind();
    bedside.pass(20 * MINUTE);
    assert_ended(&bedside, EndCause::FailClosed, "fail-closed");
    assert_eq!(fail_closed_code(&bedside), Some(FailClosedCode::InactivityUnknown));
    assert!(bedside.screen.is_covered());

    bedside.idle.sees_again();
    bedside.pass(MINUTE);

    assert!(matches!(bedside.shows(), ScreenView::SignedOut { .. }), "{:?}", bedside.shows());
    bedside.maria_signs_in();
}

#[test]
fn while_closed_nobody_signs_in() {
    let mut bedside = Bedside::switched_off();
    bedside.start_up.fails(Some(FailClosedCause::SpoolFull));
    bedside.switch_on();

    bedside.types_name_and_password("maria", "correct horse");

    assert_eq!(bedside.session_server.asked(), [""; 0]);
    assert!(bedside.screen.is_covered());
}

#[test]
fn with_the_keychain_locked_nobody_gets_in_and_the_session_is_ended_again() {
    let mut bedside = Bedside::new();
    bedside.keychain.is_locked();

    bedside.types_name_and_password("maria", "correct horse");
    bedside.types_code("123456");
    bedside.pass(SECOND);

    assert!(bedside.screen.is_covered());
    assert!(!bedside.screen.asked().iter().any(|ask| matches!(ask, ScreenAsk::Uncover(_))));
    assert_eq!(bedside.session_server.sessions_not_over(), []);
    assert_eq!(fail_closed_code(&bedside), Some(FailClosedCode::KeychainUnavailable));

    bedside.keychain.is_unlocked();
    bedside.pass(MINUTE);
    bedside.maria_signs_in();
}

#[test]
fn a_keychain_that_does_not_answer_is_given_up_and_never_uncovers() {
    let mut bedside = Bedside::new();
    bedside.keychain.falls_silent();

    bedside.types_name_and_password("maria", "correct horse");
    bedside.types_code("123456");
    bedside.pass(10 * SECOND);

    assert!(bedside.screen.is_covered());
    assert_eq!(bedside.session_server.sessions_not_over(), []);
}

#[test]
fn with_the_spool_full_nobody_gets_in_and_the_screen_says_why() {
    let mut bedside = Bedside::new();
    bedside.audit_trail.refuses(FailClosedCause::SpoolFull);

    bedside.types_name_and_password("maria", "correct horse");
    bedside.types_code("123456");
    bedside.pass(SECOND);

    assert!(bedside.screen.is_covered());
    assert_eq!(bedside.session_server.sessions_not_over(), []);
    assert_eq!(sessions_on_record(&bedside), [""; 0]);
    assert_eq!(fail_closed_code(&bedside), Some(FailClosedCode::SpoolFull));

    bedside.audit_trail.mends();
    bedside.pass(2 * MINUTE);
    bedside.maria_signs_in();
}

#[test]
fn a_logout_that_cannot_be_stored_covers_keeps_everyone_out_and_is_stored_in_the_end() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.audit_trail.refuses(FailClosedCause::SpoolUnavailable);

    let signed_out_at = bedside.clock.wall();
    bedside.does(Intent::SignOut);
    bedside.pass(SECOND);
    assert!(bedside.screen.is_covered());
    assert_eq!(fail_closed_code(&bedside), Some(FailClosedCode::SpoolUnavailable));
    bedside.types_name_and_password("maria", "correct horse");
    assert_eq!(fail_closed_code(&bedside), Some(FailClosedCode::SpoolUnavailable));

    bedside.audit_trail.mends();
    bedside.pass(2 * MINUTE);
    assert_ended(&bedside, EndCause::UserButton, "user-button");
    assert_eq!(recorded(&bedside, "logout of Maria O.: user-button"), [signed_out_at]);
    // The safeguard failed at once, and not when it was mended.
    assert_eq!(recorded(&bedside, "failed closed: spool-unavailable"), [signed_out_at]);
    bedside.maria_signs_in();
}

#[test]
fn a_credential_that_cannot_be_deleted_keeps_everyone_out_until_it_is() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.keychain.is_locked();

    bedside.does(Intent::SignOut);
    bedside.pass(SECOND);
    assert_eq!(fail_closed_code(&bedside), Some(FailClosedCode::KeychainUnavailable));

    bedside.keychain.is_unlocked();
    bedside.pass(2 * MINUTE);
    assert_ended(&bedside, EndCause::UserButton, "user-button");
}

#[test]
fn a_cover_that_is_not_confirmed_is_asked_for_again_and_nobody_signs_in() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.screen.falls_silent();

    bedside.does(Intent::SignOut);
    bedside.pass(5 * SECOND);
    assert_eq!(fail_closed_code(&bedside), Some(FailClosedCode::CoverUnconfirmed));
    let asked = bedside.screen.asked().len();

    bedside.pass(MINUTE);
    assert!(bedside.screen.asked().len() > asked);

    bedside.screen.mends();
    bedside.pass(MINUTE);
    assert_ended(&bedside, EndCause::UserButton, "user-button");
}

#[test]
fn a_screen_that_covers_by_itself_is_asked_for_again_while_the_session_lasts() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.screen.covers_by_itself();
    bedside.settle();

    assert!(is_active(&bedside));
    assert!(!bedside.screen.is_covered());
}

#[test]
fn a_screen_that_keeps_covering_by_itself_ends_the_session() {
    let mut bedside = Bedside::with_maria_signed_in();

    for _ in 0..10 {
        bedside.screen.covers_by_itself();
        bedside.settle();
    }

    assert!(bedside.screen.is_covered());
    assert_ended(&bedside, EndCause::FailClosed, "fail-closed");
}

#[test]
fn failing_closed_is_on_record_once_for_each_time() {
    let mut bedside = Bedside::new();
    bedside.keychain.is_locked();
    bedside.types_name_and_password("maria", "correct horse");
    bedside.types_code("123456");
    bedside.pass(10 * MINUTE);

    let alerts = bedside
        .audit_trail
        .story()
        .into_iter()
        .filter(|words| words == "failed closed: keychain-unavailable")
        .count();

    assert_eq!(alerts, 1);
}

#[test]
fn a_sign_in_that_never_uncovered_is_ended_and_the_form_comes_back_with_the_reason() {
    let mut bedside = Bedside::new();
    bedside.screen.falls_silent();
    bedside.types_name_and_password("maria", "correct horse");
    bedside.types_code("123456");

    bedside.pass(10 * SECOND);
    bedside.screen.mends();
    bedside.pass(MINUTE);

    assert!(bedside.screen.is_covered());
    assert_eq!(
        bedside.shows(),
        signed_out(SignedOutNotice::NotPossibleNow { code: FailClosedCode::CoverUnconfirmed })
    );
    assert_ended(&bedside, EndCause::FailClosed, "fail-closed");
}

fn fail_closed_code(bedside: &Bedside) -> Option<FailClosedCode> {
    if let ScreenView::FailClosed { code, .. } = bedside.shows() { Some(code) } else { None }
}

/// When the records of this kind say that it happened.
fn recorded(bedside: &Bedside, words: &str) -> Vec<Timestamp> {
    let (records, story) = (bedside.audit_trail.records(), bedside.audit_trail.story());
    story
        .iter()
        .zip(records)
        .filter(|(told, _)| *told == words)
        .map(|(_, record)| record.recorded_at)
        .collect()
}
