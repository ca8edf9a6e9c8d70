//! What tests of the agent stand on; never in a release build.
//!
//! - [`clock`]: time that moves when the test moves it, and everything that is due then.
//! - [`fake`]: one fake per port. Each keeps the port's contract, remembers what it was asked and can be told
//!   to refuse, to stay silent or to answer late.
//! - [`bedside`]: one workstation: the real runtime on these fakes, told what people do.
//! - [`contract`]: what every implementation of a port must do, run on the fakes here and on the real
//!   adapters in `tests/os_contract`.
#![allow(clippy::unwrap_used, reason = "only tests use this crate")]

pub mod bedside;
pub mod clock;
pub mod contract;
pub mod fake;
