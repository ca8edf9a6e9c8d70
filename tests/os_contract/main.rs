//! The adapters on the real thing: a private X server, bus, keyring and notification daemon, a login1 on a
//! bus of its own. Each test starts what it needs and ends it by its process id.
//!
//! What reads the environment (the session bus) runs in a process of its own, `adapter`, which the test
//! tells what to do.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, with words"
)]

mod badge_readers;
mod driven;
mod idle;
mod keychain;
mod notifications;
mod power;
mod reader_chaos;
mod wedge;
mod workstation;
