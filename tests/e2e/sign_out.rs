//! She presses "Sign out" on the strip.

use harness::desktop::Button;
use harness::ward::Setup;

use crate::bedside::Bedside;

#[test]
fn the_strips_button_covers_and_ends_the_session_on_record() {
    let bedside = Bedside::signed_in(Setup::default());

    let (x, y) = bedside.ward.button(Button::SignOut).unwrap();
    bedside.hand.click(x, y).unwrap();

    bedside.assert_ended("user-button");
}
