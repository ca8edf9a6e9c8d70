//! Stories of one workstation: the real core and runtime, fakes at every port, time moved by the test.
#![allow(clippy::unwrap_used, reason = "tests")]

mod walk_away;
