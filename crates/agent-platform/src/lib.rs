//! Adapters of the agent's ports, by operating system, and what they share: the link to the server, the
//! workstation's enrolment, the keychain's long-lived entries, and files that survive a power cut.
//!
//! [`platform::for_this_platform`] makes them all. Everything that blocks does so on a thread of its
//! own; everything that waits has a time limit; everything that grows has a bound.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::unwrap_in_result,
        clippy::wildcard_enum_match_arm,
        reason = "a test fails by panicking"
    )
)]

pub mod apps;
pub mod audit_trail;
pub mod backoff;
pub mod badge_readers;
pub mod durable_file;
pub mod enrolment;
pub mod idle;
pub mod keychain;
pub mod notifier;
pub mod platform;
pub mod power;
pub mod process;
pub mod screen;
pub mod server_link;
pub mod session_server;
pub mod spool;
pub mod start_up;
pub mod workstation;
#[cfg(target_os = "linux")]
mod x_devices;

#[cfg(test)]
mod testing;
