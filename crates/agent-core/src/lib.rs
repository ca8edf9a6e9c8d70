//! The agent's decisions: one pure function over one closed set of states.

pub mod command;
pub mod event;
pub mod ids;
pub mod instant;
pub mod secret;
