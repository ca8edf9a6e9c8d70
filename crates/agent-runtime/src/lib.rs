//! The imperative shell around [`agent_core`]: one loop, its ports, and what the screen may know.

pub mod ports;
pub mod view;
