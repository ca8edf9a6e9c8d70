//! Refusals on the way in, and what is typed meanwhile.

use harness::ward::Setup;

use crate::bedside::{Bedside, SOON};

#[test]
fn nothing_typed_on_the_covered_screen_reaches_an_app() {
    let bedside = Bedside::open(Setup::default());

    bedside.hand.type_text("somebody\ttypes all the time\n").unwrap();
    bedside.ward.wait_log("sign_in.refused").unwrap();
    bedside.hand.click(640, 700).unwrap();

    assert!(bedside.chart.received().keys.is_empty());
    assert_eq!(bedside.chart.received().clicks, 0);
}

#[test]
fn a_wrong_code_is_refused_and_the_right_one_still_counts() {
    let bedside = Bedside::open(Setup::default());
    bedside.ward.give_password(&bedside.hand, &bedside.maria).unwrap();
    bedside.ward.wait_code_asked(SOON).unwrap();

    bedside.hand.type_text("000000").unwrap();
    bedside.ward.wait_log("second_factor.refused").unwrap();
    assert!(!bedside.is_app_visible());
    bedside.eye.wait_still().unwrap();
    bedside.hand.type_text(&bedside.maria.code().unwrap()).unwrap();

    bedside.ward.wait_screen("active", SOON).unwrap();
    bedside.wait_visible();
}

#[test]
fn escape_goes_back_from_the_code_to_the_name() {
    let bedside = Bedside::open(Setup::default());
    bedside.ward.give_password(&bedside.hand, &bedside.maria).unwrap();
    bedside.ward.wait_code_asked(SOON).unwrap();

    bedside.hand.press("Escape").unwrap();

    bedside.ward.wait_screen("signed_out", SOON).unwrap();
    assert!(!bedside.is_app_visible());
}
