//! While nothing is due, nothing happens.

use testkit::bedside::Bedside;

use crate::told::{HOUR, MINUTE, is_active};

#[test]
fn a_signed_out_workstation_that_nobody_touches_does_nothing_all_night() {
    let mut bedside = Bedside::new();
    let before = activity(&bedside);

    bedside.pass(8 * HOUR);

    assert_eq!(activity(&bedside), before);
}

#[test]
fn the_view_is_emitted_only_when_it_changes() {
    let mut bedside = Bedside::with_maria_signed_in();
    let revision = bedside.view().unwrap().revision;

    for _ in 0..12 {
        bedside.types();
        bedside.pass(MINUTE);
    }

    assert!(is_active(&bedside));
    assert_eq!(bedside.view().unwrap().revision, revision);
}

#[test]
fn in_a_session_input_is_asked_for_at_the_heartbeat_and_not_watched() {
    let mut bedside = Bedside::with_maria_signed_in();
    let measured = bedside.idle.measured();

    bedside.pass(10 * MINUTE);

    assert_eq!(bedside.idle.measured() - measured, 10);
    assert!(!bedside.idle.is_watched());
}

#[test]
fn the_countdown_of_a_warning_is_not_sent_every_second() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.pass(14 * MINUTE);
    let revision = bedside.view().unwrap().revision;

    bedside.pass(MINUTE - MINUTE / 60);

    assert_eq!(bedside.view().unwrap().revision, revision);
}

#[test]
fn revisions_only_grow() {
    let mut bedside = Bedside::new();
    let mut last = bedside.view().unwrap().revision;
    for _ in 0..3 {
        bedside.maria_signs_in();
        assert!(bedside.view().unwrap().revision > last);
        last = bedside.view().unwrap().revision;
        bedside.pass(16 * MINUTE);
        assert!(bedside.view().unwrap().revision > last);
        last = bedside.view().unwrap().revision;
    }
}

fn activity(bedside: &Bedside) -> (u64, usize, usize, usize) {
    (
        bedside.view().unwrap().revision,
        bedside.screen.asked().len(),
        bedside.session_server.asked().len(),
        bedside.idle.measured(),
    )
}
