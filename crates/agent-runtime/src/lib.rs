//! The imperative shell around [`agent_core`]: one loop, its ports, and what the screen may know.
//!
//! ```text
//!  Intent ──► EventLoop ──► ViewModel          intent.rs, event_loop.rs, view.rs
//!                │  ▲
//!        Command ▼  │ Event                    interpreter.rs
//!              the ports                       ports/: traits here, adapters in agent-platform, fakes in testkit
//! ```
//!
//! The program around it reads [`config::Config`] and [`policy_file::PolicyInForce`], makes the adapters,
//! and runs [`event_loop::EventLoop`] as one task.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed test may say so by panicking"))]

pub mod clock;
pub mod config;
mod contact;
mod event_log;
pub mod event_loop;
pub mod intent;
mod interpreter;
pub mod language;
pub mod policy_file;
pub mod ports;
mod records;
mod stage;
pub mod view;
