//! Nobody answers the warning; somebody does.

use harness::desktop::Button;
use harness::ward::{Setup, short_policy};

use crate::bedside::{Bedside, SOON};

fn short() -> Setup {
    Setup { policy: short_policy("12s", "6s", "12h"), ..Setup::default() }
}

#[test]
fn nobody_answers_the_warning_and_the_session_ends_on_record() {
    let bedside = Bedside::signed_in(short());
    assert!(bedside.ward.has_session_credential().unwrap());

    bedside.ward.wait_screen("inactivity_warning", SOON).unwrap();

    bedside.assert_ended("inactivity");
}

#[test]
fn a_key_typed_as_the_warning_appears_reaches_the_app_and_extends() {
    let bedside = Bedside::signed_in(short());
    bedside.hand.click(640, 600).unwrap();
    bedside.ward.wait_screen("inactivity_warning", SOON).unwrap();
    let before = bedside.chart.received().keys.len();

    bedside.hand.type_text("10").unwrap();

    bedside.ward.wait_screen("active", SOON).unwrap();
    assert_eq!(bedside.chart.received().keys.len(), before + 2, "both digits belong to her app");
    assert_eq!(bedside.open_sessions(), 1);
}

#[test]
fn keys_made_by_a_program_extend_nothing() {
    let bedside = Bedside::signed_in(short());
    bedside.ward.wait_screen("inactivity_warning", SOON).unwrap();

    let program = bedside.ward.hand(harness::hand::Whose::Program).unwrap();
    program.type_text("not a person").unwrap();

    bedside.assert_ended("inactivity");
}

#[test]
fn the_button_of_the_warning_extends() {
    let bedside = Bedside::signed_in(short());
    bedside.ward.wait_screen("inactivity_warning", SOON).unwrap();

    let (x, y) = bedside.ward.button(Button::Stay).unwrap();
    bedside.hand.click(x, y).unwrap();

    bedside.ward.wait_screen("active", SOON).unwrap();
}

#[test]
fn a_program_that_clicks_the_button_of_the_warning_extends_nothing() {
    let bedside = Bedside::signed_in(short());
    bedside.ward.wait_screen("inactivity_warning", SOON).unwrap();

    let (x, y) = bedside.ward.button(Button::Stay).unwrap();
    let program = bedside.ward.hand(harness::hand::Whose::Program).unwrap();
    program.click(x, y).unwrap();

    bedside.assert_ended("inactivity");
}
