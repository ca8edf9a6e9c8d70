//! The shield: the thing that holds the screen.
//!
//! A small native program with no network and no secrets. It covers every monitor, holds keyboard, pointer and
//! focus, starts the agent and lets it uncover only on a lease (`shield-contract`). [`supervise`] decides,
//! [`shell`] does; on any doubt the screen is covered.

#![cfg(target_os = "linux")]

mod agent;
mod arguments;
mod clock;
mod cover;
mod log;
mod processes;
mod program;
mod shell;
mod supervise;
mod watchdog;
mod words;

pub use program::main;
