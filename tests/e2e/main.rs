//! Whole stories: real display, bus, keyring, server, shield, agent and web view; keys and clicks by a hand.

#![allow(clippy::unwrap_used, reason = "tests")]

mod absolute_limit;
mod apps;
mod automation_refused;
mod badges;
mod bedside;
mod canary;
mod chaos;
mod clipboard;
mod core_files;
mod dice;
mod elsewhere;
mod escape;
mod faults;
mod hand_over;
mod keychain;
mod kills;
mod lossless;
mod machine_sleep;
mod page;
mod random_kills;
mod server_alone;
mod server_away;
mod sign_in;
mod sign_out;
mod user_disabled;
mod walk_away;
mod watched;
mod wayland;
mod without_shield;
mod wrong_clock;
