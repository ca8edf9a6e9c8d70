//! "I'm still here", by any key, click or touch, or by the button.

use agent_core::command::EndCause;
use agent_runtime::{
    intent::Intent,
    view::{EndCauseView, ScreenView},
};
use testkit::bedside::Bedside;

use crate::told::{MILLISECOND, MINUTE, SECOND, assert_ended, is_active, is_warning, session_ended};

#[test]
fn a_key_during_the_warning_keeps_her_signed_in_and_takes_the_warning_away() {
    let mut bedside = warned();

    bedside.types();

    assert!(is_active(&bedside));
    assert_eq!(bedside.notifier.shown(), None);
    assert!(!bedside.idle.is_watched());
    assert!(!bedside.screen.is_covered());
}

#[test]
fn a_key_in_time_counts_although_the_agent_was_held_up_beyond_the_limit() {
    let mut bedside = warned();
    bedside.pass(MINUTE - 2 * SECOND);
    bedside.idle.input();
    bedside.clock.do_what_is_due();

    bedside.machine_is_frozen(5 * SECOND);

    assert!(is_active(&bedside));
    assert!(!bedside.screen.is_covered());
}

#[test]
fn the_button_does_the_same_for_a_person() {
    let mut bedside = warned();

    bedside.types();
    bedside.does(Intent::Stay);

    assert!(is_active(&bedside));
    assert_eq!(bedside.notifier.shown(), None);
}

#[test]
fn the_button_pressed_by_a_program_extends_nothing() {
    let mut bedside = warned();

    bedside.does(Intent::Stay);
    assert!(is_warning(&bedside));

    bedside.pass(30 * SECOND);
    bedside.does(Intent::Stay);
    bedside.pass(30 * SECOND + MILLISECOND);

    assert_eq!(bedside.shows(), session_ended(EndCauseView::Inactivity));
    assert_ended(&bedside, EndCause::Inactivity, "inactivity");
}

#[test]
fn from_that_key_on_she_has_fifteen_minutes_again() {
    let mut bedside = warned();
    bedside.pass(59 * SECOND);
    bedside.types();

    bedside.pass(14 * MINUTE - MILLISECOND);
    assert!(is_active(&bedside));

    bedside.pass(MINUTE + MILLISECOND);
    assert!(bedside.screen.is_covered());
}

#[test]
fn the_server_hears_of_it_at_once() {
    let mut bedside = warned();
    bedside.pass(30 * SECOND);
    let reports = bedside.session_server.reports().len();

    bedside.types();

    let reported = bedside.session_server.reports();
    assert!(reported.len() > reports);
    assert!(*reported.last().unwrap() < SECOND, "{reported:?}");
}

#[test]
fn a_key_a_millisecond_before_the_limit_counts() {
    let mut bedside = warned();
    bedside.pass(MINUTE - MILLISECOND);

    bedside.types();
    bedside.pass(SECOND);

    assert!(is_active(&bedside));
    assert!(!bedside.screen.is_covered());
}

#[test]
fn a_key_at_the_limit_is_too_late() {
    let mut bedside = warned();
    bedside.pass(MINUTE);

    bedside.types();
    bedside.pass(SECOND);

    assert_eq!(bedside.shows(), session_ended(EndCauseView::Inactivity));
    assert_ended(&bedside, EndCause::Inactivity, "inactivity");
}

#[test]
fn the_button_pressed_after_the_limit_brings_nothing_back() {
    let mut bedside = warned();
    bedside.pass(MINUTE + SECOND);

    bedside.does(Intent::Stay);

    assert!(bedside.screen.is_covered());
    assert_ended(&bedside, EndCause::Inactivity, "inactivity");
}

#[test]
fn the_warning_comes_again_as_often_as_she_stops_typing() {
    let mut bedside = warned();

    for _ in 0..5 {
        bedside.types();
        bedside.pass(14 * MINUTE);
        assert!(is_warning(&bedside));
    }
    assert_eq!(bedside.notifier.ever_shown().len(), 6);
}

#[test]
fn sign_out_can_be_pressed_during_the_warning() {
    let mut bedside = warned();

    bedside.does(Intent::SignOut);

    assert_ended(&bedside, EndCause::UserButton, "user-button");
    assert_eq!(bedside.notifier.shown(), None);
}

#[test]
fn a_workstation_that_cannot_see_input_signs_her_out_at_the_limit_and_says_why() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.idle.goes_blind();

    bedside.pass(15 * MINUTE - SECOND);
    assert!(is_warning(&bedside), "she is warned as ever");
    bedside.pass(2 * SECOND);

    // Not `inactivity`: whether she was there is not known.
    assert_ended(&bedside, EndCause::FailClosed, "fail-closed");
}

#[test]
fn a_display_that_falls_silent_in_the_last_second_is_no_inactivity() {
    let mut bedside = warned();
    bedside.pass(MINUTE - SECOND);
    bedside.idle.goes_blind();

    bedside.pass(2 * SECOND);

    assert_ended(&bedside, EndCause::FailClosed, "fail-closed");
}

fn warned() -> Bedside {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.pass(14 * MINUTE);
    assert!(matches!(bedside.shows(), ScreenView::InactivityWarning { .. }));
    bedside
}
