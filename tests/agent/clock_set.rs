//! Somebody sets the wall clock: it gains nothing, and it is on record.

use agent_core::command::EndCause;
use jiff::{SignedDuration, Timestamp};
use testkit::bedside::Bedside;

use agent_runtime::ports::Clock;

use crate::told::{MILLISECOND, MINUTE, assert_ended, is_active};

#[test]
fn a_clock_set_back_gains_no_minute() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.pass(10 * MINUTE);
    let an_hour_ago = bedside.clock.wall() - SignedDuration::from_hours(1);

    bedside.wall_clock_is_set(an_hour_ago);
    bedside.pass(5 * MINUTE - MILLISECOND);
    assert!(!bedside.screen.is_covered());
    bedside.pass(MILLISECOND);

    assert!(bedside.screen.is_covered());
    assert_ended(&bedside, EndCause::Inactivity, "inactivity");
}

#[test]
fn a_clock_set_forward_takes_no_minute() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.wall_clock_is_set(Timestamp::from_second(4_000_000_000).unwrap());

    assert!(is_active(&bedside));
    assert!(!bedside.screen.is_covered());
}

#[test]
fn each_jump_is_on_record_with_the_time_it_was_set_to() {
    let mut bedside = Bedside::new();

    bedside.wall_clock_is_set(Timestamp::UNIX_EPOCH);
    bedside.pass(MILLISECOND);
    bedside.wall_clock_is_set(Timestamp::from_second(4_000_000_000).unwrap());

    let records = bedside.audit_trail.records();
    let jumps: Vec<_> = bedside
        .audit_trail
        .story()
        .into_iter()
        .zip(records)
        .filter(|(words, _)| words == "alert: ClockJumped")
        .map(|(_, record)| record.recorded_at.as_second())
        .collect();
    assert_eq!(jumps, [0, 4_000_000_000]);
}

#[test]
fn two_minutes_and_less_are_no_jump_and_what_is_more_is_one_in_either_direction() {
    for (seconds, is_on_record) in [(119, false), (-119, false), (121, true), (-121, true)] {
        let mut bedside = Bedside::with_maria_signed_in();
        bedside.pass(10 * MINUTE);

        bedside.wall_clock_is_set(bedside.clock.wall() + SignedDuration::from_secs(seconds));

        assert_eq!(jumps(&bedside), usize::from(is_on_record), "{seconds} s");
    }
}

#[test]
fn small_settings_that_add_up_are_one_jump() {
    let mut bedside = Bedside::with_maria_signed_in();

    for _ in 0..2 {
        bedside.wall_clock_is_set(bedside.clock.wall() + SignedDuration::from_secs(119));
    }

    assert_eq!(jumps(&bedside), 1);
}

#[test]
fn a_clock_in_1970_keeps_nobody_from_signing_in() {
    let mut bedside = Bedside::switched_off();
    bedside.clock.set_wall(Timestamp::UNIX_EPOCH);
    bedside.switch_on();

    bedside.maria_signs_in();

    assert!(is_active(&bedside));
}

fn jumps(bedside: &Bedside) -> usize {
    bedside.audit_trail.story().iter().filter(|words| *words == "alert: ClockJumped").count()
}
