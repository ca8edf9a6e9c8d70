//! The server goes away in the middle, and comes back.

use std::time::Duration;

use harness::{
    part::wait_for,
    ward::{Setup, short_policy},
};
use rustix::process::Signal;

use crate::bedside::{Bedside, SOON};

fn short() -> Setup {
    Setup { policy: short_policy("12s", "6s", "12h"), ..Setup::default() }
}

#[test]
fn work_goes_on_while_the_server_is_away_and_the_session_is_adopted_afterwards() {
    let mut bedside = Bedside::signed_in(short());

    bedside.ward.server().signal(Signal::STOP);
    // Longer than the server's own limit, and she types all along.
    let until = std::time::Duration::from_secs(20);
    let _ = wait_for("nothing but the time", until, || {
        bedside.hand.press("space").unwrap();
        None::<()>
    });
    assert!(bedside.is_app_visible(), "her work goes on under the agent's own clock");
    bedside.ward.server().signal(Signal::CONT);

    bedside.ward.wait_log("The server goes on with session").unwrap();
    assert_eq!(bedside.open_sessions(), 1);
    assert!(bedside.is_app_visible());
    bedside.assert_ended("inactivity");
}

#[test]
fn a_session_that_ended_while_the_server_was_away_is_told_when_it_is_back() {
    let mut bedside = Bedside::signed_in(short());

    bedside.ward.stop_server(Signal::KILL).unwrap();
    bedside.wait_covered();
    bedside.ward.wait_screen("signed_out", SOON).unwrap();
    bedside.ward.start_server().unwrap();

    bedside.assert_ended("inactivity");
}

#[test]
fn a_restarted_server_still_knows_the_session() {
    let mut bedside = Bedside::signed_in(Setup::default());

    bedside.ward.stop_server(Signal::TERM).unwrap();
    bedside.ward.start_server().unwrap();
    let _ = wait_for("a report or two", Duration::from_secs(5), || {
        bedside.hand.press("space").unwrap();
        None::<()>
    });

    assert_eq!(bedside.open_sessions(), 1);
    assert!(bedside.is_app_visible());
}

#[test]
fn nobody_signs_in_while_the_server_is_away_and_words_say_so() {
    let mut bedside = Bedside::open(short());

    bedside.ward.stop_server(Signal::TERM).unwrap();
    bedside.ward.give_password(&bedside.hand, &bedside.maria).unwrap();
    bedside.ward.wait_log("A sign-in was not answered").unwrap();

    assert!(!bedside.is_app_visible());
    bedside.ward.start_server().unwrap();
    bedside.ward.wait_code_asked(SOON).unwrap();
}
