//! The numbered invariants of `agent_core`, over random events, clock jumps, sleeps and faults.
//!
//! `world` is everything around the core: it keeps the books that the invariants are checked against and
//! never looks into the core's state to decide what happens.
//!
//! More cases: `PROPTEST_CASES=200000 cargo test -p agent-core --test properties`.

#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::wildcard_enum_match_arm,
    reason = "a check picks out the few commands it is about, and a test may fail by panicking"
)]

mod action;
mod invariants;
mod on_time;
mod world;

use proptest::test_runner::{Config, FileFailurePersistence};

/// A few thousand cases by default: some seconds.
fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000);
    Config {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}
