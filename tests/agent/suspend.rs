//! The machine sleeps, with and without a word before it.

use agent_core::command::EndCause;
use agent_runtime::{
    intent::{Intent, Typed},
    view::{EndCauseView, ScreenView},
};
use audit::record::What;
use testkit::{
    bedside::Bedside,
    fake::{Reach, ScreenAsk},
};

use crate::told::{HOUR, MINUTE, SECOND, assert_ended, session_ended, sessions_on_record};

#[test]
fn the_lid_closes_and_the_screen_is_covered_before_the_machine_may_sleep() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.screen.takes(SECOND);

    bedside.power.goes_to_sleep();
    bedside.settle();
    assert!(!bedside.power.may_sleep());

    bedside.pass(SECOND);
    assert!(bedside.screen.is_covered());
    assert!(bedside.power.may_sleep());
}

#[test]
fn after_an_hour_of_sleep_the_session_is_over_and_on_record() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.machine_sleeps(HOUR);

    assert_eq!(bedside.shows(), session_ended(EndCauseView::Suspend));
    assert_ended(&bedside, EndCause::Suspend, "suspend");
}

#[test]
fn a_short_sleep_keeps_her_session_under_the_cover_until_it_is_she_who_opens_the_lid() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.pass(6 * SECOND);

    bedside.machine_sleeps(5 * MINUTE);

    assert!(bedside.screen.is_covered());
    assert!(matches!(bedside.shows(), ScreenView::Concealed { .. }), "{:?}", bedside.shows());
    assert_eq!(bedside.session_server.concealed().len(), 1);

    bedside.does(Intent::Password { password: Typed::new("correct horse".to_owned()) });
    bedside.pass(SECOND);
    assert!(matches!(bedside.shows(), ScreenView::Active { .. }), "{:?}", bedside.shows());
    assert_eq!(sessions_on_record(&bedside).len(), 1);
}

#[test]
fn a_machine_that_wakes_from_a_sleep_it_did_not_announce_is_covered_and_within_the_limit_hers() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.machine_is_frozen(5 * MINUTE);
    bedside.power.wakes();
    bedside.settle();

    assert!(bedside.screen.is_covered());
    assert!(matches!(bedside.shows(), ScreenView::Concealed { .. }), "{:?}", bedside.shows());
}

#[test]
fn sleep_that_was_never_announced_counts_as_inactivity_all_the_same() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.pass(5 * MINUTE);

    bedside.machine_is_frozen(11 * MINUTE);
    bedside.pass(SECOND);

    assert!(bedside.screen.is_covered());
    assert_ended(&bedside, EndCause::Inactivity, "inactivity");
}

#[test]
fn a_key_pressed_as_the_machine_wakes_does_not_bring_the_session_back() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.clock.jump(20 * MINUTE);
    bedside.idle.input();
    bedside.settle();
    bedside.pass(SECOND);

    assert!(bedside.screen.is_covered());
    assert_eq!(sessions_on_record(&bedside).len(), 2);
}

#[test]
fn a_signed_out_machine_may_sleep_at_once_and_wakes_to_a_sign_in() {
    let mut bedside = Bedside::new();

    bedside.power.goes_to_sleep();
    bedside.settle();
    assert!(bedside.power.may_sleep());
    bedside.clock.jump(8 * HOUR);
    bedside.power.wakes();
    bedside.settle();

    assert_eq!(bedside.shows(), ScreenView::SignedOut { notice: None, enrolment_offered_ms: None });
    bedside.maria_signs_in();
}

#[test]
fn a_code_asked_for_before_a_long_sleep_is_no_longer_asked_for() {
    let mut bedside = Bedside::new();
    bedside.types_name_and_password("maria", "correct horse");

    bedside.machine_is_frozen(10 * MINUTE);
    bedside.settle();

    assert!(matches!(bedside.shows(), ScreenView::SignedOut { .. }));
}

#[test]
fn an_answer_that_was_slept_over_uncovers_nothing() {
    let mut bedside = Bedside::new();
    bedside.types_name_and_password("maria", "correct horse");
    bedside.session_server.is(Reach::Answers(3 * SECOND));
    bedside.types_code("123456");
    bedside.pass(SECOND);

    bedside.machine_is_frozen(20 * MINUTE);
    bedside.pass(MINUTE);

    assert!(bedside.screen.is_covered());
    assert!(!bedside.screen.asked().iter().any(|ask| matches!(ask, ScreenAsk::Uncover(_))));
    assert_eq!(bedside.session_server.sessions_not_over(), []);
    assert_eq!(bedside.keychain.holds(), None);
}

#[test]
fn a_lid_that_is_closed_while_her_apps_close_raises_nothing_however_long_it_stays_closed() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.apps.closing_takes(8 * SECOND);
    bedside.does(Intent::SignOut);

    bedside.machine_sleeps(HOUR);
    bedside.pass(20 * SECOND);

    assert!(matches!(bedside.shows(), ScreenView::SignedOut { .. }), "{:?}", bedside.shows());
    let records = bedside.audit_trail.records();
    let failed = records.iter().filter(|record| matches!(record.what, What::FailedClosed { .. })).count();
    assert_eq!(failed, 0, "{records:#?}");
}
