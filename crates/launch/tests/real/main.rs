//! The launcher as root, with real processes, files and control groups of this machine.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::unwrap_in_result, reason = "tests")]
#![expect(unsafe_code, reason = "starting a launcher as systemd does, and being other users")]

mod apart;
mod asking;
mod attacks;
mod editor;
mod freezing;
mod scope;
mod shared;
mod traces;
mod ward;
