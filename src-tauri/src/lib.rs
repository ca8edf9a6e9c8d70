//! The agent's Tauri application: a window, a strip and a warning around `agent-runtime`. No decisions.
//!
//! ```text
//!  page (webview, untrusted) ── intent ──► commands ──► the loop (agent-runtime)
//!       ▲                                                   │ view
//!       └──────────────── events ◄──────────────────────────┤
//!  strip, warning (native GTK) ◄── uncovered ◄──────────────┘
//!  windows ◄── agent_platform::screen (what the shield and the loop want of the window)
//! ```
//! The webview is not the lock: `tapward-shield` is. A crashed, hung or closed page leaves the screen
//! covered.
//!
//! There is no tray icon: a kiosk has no tray, and state nobody may miss stands on the strip.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed test may say so by panicking"))]

#[cfg(not(target_os = "linux"))]
compile_error!("the agent's window is built for Linux; Windows and macOS come with the installers issue");

pub mod cli;
pub mod commands;
pub mod countdown;
pub mod doctor;
pub mod enrol;
pub mod events;
pub mod geometry;
pub mod gtk_thread;
pub mod hardening;
pub mod layers;
pub mod logging;
pub mod monitors;
pub mod my_sessions;
pub mod notice_file;
pub mod page;
pub mod pulse;
pub mod set_up;
pub mod single_instance;
pub mod strip;
pub mod style;
pub mod texts;
pub mod uncovered;
pub mod warning;
pub mod windows;
pub mod wiring;

#[cfg(test)]
mod capabilities;
