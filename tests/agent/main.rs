//! Stories of one workstation: the real core and runtime, fakes at every port, time moved by the test.
#![allow(clippy::unwrap_used, reason = "tests")]

mod absolute_limit;
mod apps;
mod at_rest;
mod bad_policy;
mod besides;
mod clock_set;
mod crash_recovery;
mod fail_closed;
mod language;
mod refusals;
mod server_away_and_back;
mod shutdown;
mod sign_in;
mod sign_out;
mod still_here;
mod suspend;
mod taps;
mod told;
mod walk_away;
