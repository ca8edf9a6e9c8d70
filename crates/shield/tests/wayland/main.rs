//! The shield on real Wayland compositors, each private to its test: sway 1.7, which has layer-shell and no session
//! lock, and a newer sway, which has both. A full-screen window must not be seen and must not get a key.
//!
//! The newer sway is what `cargo xtask test` unpacks into `tools/newer-sway` of the target folder.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "tests fail by panicking and wait in real time"
)]

mod bed;
#[path = "../../../../tests/harness/part.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the acceptance tests, which use more of it")]
mod part;
#[path = "../../../../tests/harness/pixmap.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the acceptance tests, which use more of it")]
mod pixmap;
#[path = "../../../../tests/harness/sway.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the acceptance tests, which use more of it")]
mod sway;

mod cover;
mod death;
mod drawn;
mod held;
mod refused;
