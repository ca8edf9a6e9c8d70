//! The agent alone covers itself, and says that nothing enforces it.

use harness::ward::Setup;

use crate::bedside::Bedside;

#[test]
fn an_agent_without_a_shield_covers_and_says_that_it_is_not_enforced() {
    let bedside = Bedside::open(Setup { has_shield: false, ..Setup::default() });

    bedside.wait_covered();

    bedside.ward.wait_log("not enforced").unwrap();
}
