//! The agent's decisions: one pure function over one closed set of states.

pub mod command;
pub mod ending;
pub mod event;
pub mod ids;
pub mod instant;
pub mod secret;
pub mod session;
pub mod state;
mod states;
pub mod step;
pub mod time_limits;
mod trail;
