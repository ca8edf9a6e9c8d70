//! The absolute limit ends a session however busy she is.

use harness::{
    part::wait_for,
    ward::{Setup, short_policy},
};

use crate::bedside::{Bedside, SOON};

#[test]
fn the_absolute_limit_ends_a_session_in_use() {
    let bedside = Bedside::signed_in(Setup { policy: short_policy("10s", "4s", "15s"), ..Setup::default() });

    // She goes on typing all the time.
    wait_for("the absolute limit", SOON, || {
        bedside.hand.press("space").unwrap();
        (!bedside.is_app_visible()).then_some(())
    })
    .unwrap();

    bedside.assert_ended("absolute-limit");
}
