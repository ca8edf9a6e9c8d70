//! Twelve hours, whatever is typed; announced five minutes before.

use agent_core::{
    command::{EndCause, Notice},
    event::{Limits, TapOut},
};
use agent_runtime::{
    intent::Intent,
    view::{EndCauseView, ScreenView},
};
use testkit::bedside::Bedside;

use crate::told::{HOUR, MILLISECOND, MINUTE, SECOND, assert_ended, session_ended};

#[test]
fn after_twelve_hours_she_is_signed_out_although_she_types() {
    let mut bedside = at_work_for(12 * HOUR);

    bedside.pass(SECOND);

    assert_eq!(bedside.shows(), session_ended(EndCauseView::AbsoluteLimit));
    assert_ended(&bedside, EndCause::AbsoluteLimit, "absolute-limit");
}

#[test]
fn five_minutes_before_she_is_told_on_the_strip_and_on_the_desktop() {
    let mut bedside = at_work_for(12 * HOUR - 5 * MINUTE - MILLISECOND);
    assert_eq!(absolute_limit_in_ms(&bedside), None);

    bedside.pass(MILLISECOND);

    assert_eq!(absolute_limit_in_ms(&bedside), Some(5 * 60_000));
    assert_eq!(bedside.notifier.shown(), Some(Notice::AbsoluteLimitWarning { remaining: 5 * MINUTE }));
}

#[test]
fn it_cannot_be_extended() {
    let mut bedside = at_work_for(12 * HOUR - MINUTE);

    for _ in 0..60 {
        bedside.types();
        bedside.does(Intent::Stay);
        bedside.pass(SECOND);
    }

    assert_ended(&bedside, EndCause::AbsoluteLimit, "absolute-limit");
    assert_eq!(bedside.notifier.shown(), None);
}

#[test]
fn adoption_after_an_outage_gives_no_second_twelve_hours() {
    let mut bedside = Bedside::new();
    bedside.session_server.limits(Limits {
        inactivity: 15 * MINUTE,
        warning: MINUTE,
        absolute_remaining: HOUR,
        heartbeat: MINUTE,
        conceal_after: None,
        tap_out: TapOut::Cover,
    });
    bedside.maria_signs_in();
    work(&mut bedside, HOUR - MILLISECOND);
    assert!(!bedside.screen.is_covered());

    bedside.pass(MILLISECOND);

    assert!(bedside.screen.is_covered());
}

fn at_work_for(time: std::time::Duration) -> Bedside {
    let mut bedside = Bedside::with_maria_signed_in();
    work(&mut bedside, time);
    bedside
}

fn work(bedside: &mut Bedside, time: std::time::Duration) {
    let mut left = time;
    while left > 10 * MINUTE {
        bedside.types();
        bedside.pass(10 * MINUTE);
        left -= 10 * MINUTE;
    }
    bedside.types();
    bedside.pass(left);
}

fn absolute_limit_in_ms(bedside: &Bedside) -> Option<u64> {
    let ScreenView::Active { absolute_limit_in_ms, .. } = bedside.shows() else {
        panic!("no strip: {:?}", bedside.shows())
    };
    absolute_limit_in_ms
}
