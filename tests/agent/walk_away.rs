//! She walks away: warned, covered, signed out, on record.

use agent_core::{
    command::{EndCause, Notice},
    event::{Limits, TapOut},
};
use agent_runtime::view::{EndCauseView, NextTap, ScreenView};
use testkit::bedside::Bedside;

use crate::told::{HOUR, MILLISECOND, MINUTE, SECOND, assert_ended, is_active, is_warning, session_ended};

#[test]
fn left_alone_for_fifteen_minutes_she_is_signed_out_and_it_is_on_record() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.pass(15 * MINUTE + SECOND);

    assert_eq!(bedside.shows(), session_ended(EndCauseView::Inactivity));
    assert_ended(&bedside, EndCause::Inactivity, "inactivity");
}

#[test]
fn a_moment_before_the_limit_the_screen_is_hers_and_a_moment_after_it_is_covered() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.pass(15 * MINUTE - MILLISECOND);
    assert!(!bedside.screen.is_covered());

    bedside.pass(MILLISECOND);
    assert!(bedside.screen.is_covered());
}

#[test]
fn a_minute_before_the_limit_she_is_warned_on_screen_and_on_the_desktop() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.pass(14 * MINUTE);

    assert_eq!(
        bedside.shows(),
        ScreenView::InactivityWarning {
            display_name: "Maria O.".to_owned(),
            role: "RN".to_owned(),
            signs_out_in_ms: 60_000,
            inactive_for_ms: 14 * 60_000,
            tap: NextTap::None,
            line: None,
        }
    );
    assert_eq!(bedside.notifier.shown(), Some(Notice::InactivityWarning { remaining: MINUTE }));
    assert!(!bedside.screen.is_covered());
    assert!(bedside.idle.is_watched(), "the next key must stop the countdown");
}

#[test]
fn nobody_is_warned_a_moment_earlier() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.pass(14 * MINUTE - MILLISECOND);

    assert!(is_active(&bedside));
    assert_eq!(bedside.notifier.ever_shown(), []);
}

#[test]
fn the_notification_goes_when_she_is_signed_out() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.pass(15 * MINUTE + SECOND);

    assert_eq!(bedside.notifier.shown(), None);
    assert!(!bedside.idle.is_watched());
}

#[test]
fn the_strip_counts_down_in_the_last_two_minutes_only() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.pass(7 * MINUTE + 13 * SECOND);
    bedside.types();

    bedside.pass(13 * MINUTE - MILLISECOND);
    assert_eq!(signs_out_in_ms(&bedside), None);

    bedside.pass(MILLISECOND);
    assert_eq!(signs_out_in_ms(&bedside), Some(120_000));
}

#[test]
fn a_strip_that_counts_down_stops_at_the_next_key() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.pass(13 * MINUTE + 10 * SECOND);
    assert!(bedside.idle.is_watched());

    bedside.types();

    assert_eq!(signs_out_in_ms(&bedside), None);
    assert!(!bedside.idle.is_watched(), "nothing is due for a long time");
}

#[test]
fn who_types_every_fourteen_minutes_is_never_signed_out_before_the_absolute_limit() {
    let mut bedside = Bedside::with_maria_signed_in();

    for _ in 0..40 {
        bedside.pass(14 * MINUTE - SECOND);
        bedside.types();
    }

    assert!(is_active(&bedside));
}

#[test]
fn the_limit_counts_from_the_last_key_not_from_when_it_was_asked_for() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.pass(7 * MINUTE + 13 * SECOND);
    bedside.types();

    bedside.pass(15 * MINUTE - MILLISECOND);
    assert!(!bedside.screen.is_covered());

    bedside.pass(MILLISECOND);
    assert!(bedside.screen.is_covered());
}

#[test]
fn the_stricter_limit_of_server_and_policy_holds() {
    let mut bedside = Bedside::new();
    bedside.session_server.limits(Limits {
        inactivity: 2 * HOUR,
        warning: MINUTE,
        absolute_remaining: 12 * HOUR,
        heartbeat: MINUTE,
        conceal_after: None,
        tap_out: TapOut::Cover,
    });
    bedside.maria_signs_in();

    bedside.pass(14 * MINUTE);
    assert!(is_warning(&bedside), "the policy of this workstation is stricter");

    bedside.pass(MINUTE);
    assert!(bedside.screen.is_covered());
}

#[test]
fn a_server_that_is_stricter_than_the_policy_is_obeyed() {
    let mut bedside = Bedside::new();
    bedside.session_server.limits(Limits {
        inactivity: 4 * MINUTE,
        warning: 30 * SECOND,
        absolute_remaining: 12 * HOUR,
        heartbeat: MINUTE,
        conceal_after: None,
        tap_out: TapOut::Cover,
    });
    bedside.maria_signs_in();

    bedside.pass(3 * MINUTE + 30 * SECOND);
    assert!(is_warning(&bedside));

    bedside.pass(30 * SECOND);
    assert!(bedside.screen.is_covered());
}

#[test]
fn the_next_person_finds_a_sign_in_and_nothing_of_her() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.pass(15 * MINUTE + SECOND);

    bedside.maria_signs_in();

    assert!(is_active(&bedside));
    assert_eq!(bedside.keychain.holds(), Some(bedside.session()));
}

fn signs_out_in_ms(bedside: &Bedside) -> Option<u64> {
    let ScreenView::Active { signs_out_in_ms, .. } = bedside.shows() else {
        panic!("no strip: {:?}", bedside.shows())
    };
    signs_out_in_ms
}
