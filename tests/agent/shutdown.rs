//! The machine or the OS session shuts down.

use agent_core::command::EndCause;
use jiff::Timestamp;
use testkit::bedside::Bedside;

use crate::told::{LOGIN, SECOND, assert_ended};

#[test]
fn her_session_is_ended_on_record_before_the_agent_stops() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.power.shuts_down();
    bedside.settle();

    assert!(!bedside.is_running());
    assert_ended(&bedside, EndCause::Shutdown, "shutdown");
    assert_eq!(
        bedside.audit_trail.story(),
        [
            "agent started",
            LOGIN,
            "logout of Maria O.: shutdown",
            "app records: saved-at-sign-out",
            "app records: closed",
            "agent stopped"
        ]
    );
}

#[test]
fn the_agent_waits_for_the_logout_to_be_on_disk() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.audit_trail.takes(SECOND);

    bedside.power.shuts_down();
    bedside.settle();
    assert!(bedside.is_running());
    assert!(bedside.screen.is_covered());

    bedside.pass(3 * SECOND);
    assert!(!bedside.is_running());
    assert_ended(&bedside, EndCause::Shutdown, "shutdown");
}

#[test]
fn signed_out_it_stops_at_once_and_says_so() {
    let mut bedside = Bedside::new();

    bedside.power.shuts_down();
    bedside.settle();

    assert!(!bedside.is_running());
    assert_eq!(bedside.audit_trail.story(), ["agent started", "agent stopped"]);
}

#[test]
fn the_answer_to_an_earlier_record_is_not_taken_for_that_of_the_last_one() {
    let mut bedside = Bedside::new();
    bedside.audit_trail.takes(SECOND);
    bedside.wall_clock_is_set(Timestamp::UNIX_EPOCH);
    bedside.settle();
    bedside.pass(SECOND / 2);

    bedside.power.shuts_down();
    bedside.settle();
    bedside.pass(SECOND / 2);
    assert!(bedside.is_running(), "its last record is not on disk");

    bedside.pass(SECOND / 2);
    assert!(!bedside.is_running());
    assert_eq!(bedside.audit_trail.story().last().map(String::as_str), Some("agent stopped"));
}

#[test]
fn a_spool_that_takes_no_last_record_holds_nobody_up() {
    let mut bedside = Bedside::new();
    bedside.audit_trail.takes(3_600 * SECOND);

    bedside.power.shuts_down();
    bedside.settle();
    assert!(bedside.is_running());

    bedside.pass(2 * SECOND);
    assert!(!bedside.is_running());
}
