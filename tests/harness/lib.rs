//! A ward to test in: real parts, each private to the test that starts it and ended with it.
//!
//! Every starter waits for a condition with a bound, keeps what its part printed, and ends the part by
//! its process id on drop. Nothing here uses the machine's own display, bus, keyring or home.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test's harness fails by panicking, with words"
)]
#![allow(clippy::disallowed_methods, reason = "a bound on real waiting needs the real clock")]

pub mod app;
pub mod auditor;
pub mod badge_reader;
pub mod browser;
pub mod clipboard;
pub mod desktop;
pub mod dragging;
pub mod hand;
pub mod launcher;
pub mod line;
pub mod login1;
pub mod nurse;
pub mod part;
pub mod picture;
pub mod pixmap;
pub mod postgres;
pub mod process;
pub mod program;
pub mod reader_lines;
pub mod rows;
pub mod server;
pub mod server_process;
pub mod session_bus;
pub mod sway;
pub mod sway_app;
pub mod sway_hand;
pub mod ward;
pub mod wedge;
pub mod witness;
pub mod workstation;
pub mod x_hand;
pub mod x_server;
