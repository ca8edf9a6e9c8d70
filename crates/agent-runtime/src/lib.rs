//! The imperative shell around [`agent_core`]: one loop, its ports, and what the screen may know.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed test may say so by panicking"))]

pub mod clock;
pub mod config;
pub mod intent;
pub mod ports;
pub mod view;
