//! Everything under `packaging/linux`, as the programs see it that will read it on a workstation.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing there")]

mod apparmor;
mod rules;
mod scripts;
mod units;
mod users;
mod xorg;
