//! The machine sleeps. Its sleep is told to the agent's clock through the file that only an agent built
//! for end-to-end tests reads; real sleep cannot be had on a test machine.

use std::fs;

use harness::ward::{Setup, short_policy};

use crate::bedside::Bedside;

#[test]
fn sleep_beyond_the_limit_ends_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let offset = folder.path().join("offset");
    fs::write(&offset, "0").unwrap();
    let bedside = Bedside::signed_in(Setup {
        policy: short_policy("30s", "10s", "12h"),
        is_end_to_end_agent: true,
        agent_environment: vec![(
            "TAPWARD_E2E_CLOCK_OFFSET_FILE".to_owned(),
            offset.to_str().unwrap().to_owned(),
        )],
        ..Setup::default()
    });

    fs::write(&offset, "1200000").unwrap();

    bedside.assert_ended("inactivity");
}
