//! Adapters of the agent's ports, by operating system, and what they share: the link to the server, the
//! workstation's enrolment, the keychain's long-lived entries, and files that survive a power cut.
//!
//! [`platform::for_this_platform`] makes them all. Everything that blocks does so on a thread of its
//! own; everything that waits has a time limit; everything that grows has a bound.

pub mod backoff;
pub mod idle;
pub mod keychain;
pub mod notifier;
pub mod power;
pub mod screen;
pub mod server_link;
