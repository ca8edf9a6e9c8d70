//! The shield on real X servers, each private to its test, with a real window that must not see a key and a witness
//! that must not see a pixel.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::disallowed_methods,
    clippy::print_stderr,
    unreachable_pub,
    reason = "tests fail by panicking and wait in real time"
)]

#[allow(dead_code, reason = "shared with the example `measure_cover`, which uses more of it")]
mod bed;
#[path = "../../../../tests/harness/part.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the acceptance tests, which use more of it")]
mod part;
#[path = "../../../../tests/harness/x_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the acceptance tests, which use more of it")]
mod x_server;

mod contract;
mod cover;
mod death;
mod grabs;
mod hand_over;
mod intruders;
mod notice;
mod overlay;
mod process;
mod traces;
mod watchdog;
